"""Program of the hub's tests: reads data sets through `Dataset.locate` in a process of its own, and prints JSON.

    python hub_reader.py CASES.json

Each case is {"name", "hub": arguments of Hub, "revision"?, "limit"?, "move"?, "stem"?}; the process has HF_ENDPOINT in
its environment, which the hub's libraries read when they are imported.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.core.message import Media
from evalkit.data.corpora.columns import by_stem
from evalkit.data.dataset import Dataset
from evalkit.data.hub import Hub


def result(case: dict[str, Any]) -> dict[str, Any]:
    arguments = dict(case["hub"])
    if "stem" in case:
        arguments["id"] = by_stem(case["stem"])
    hub = Hub(**arguments)
    rows = Dataset("corpus", list(hub.split), [], hub).locate(None, case.get("revision"))
    if case.get("move"):
        urllib.request.urlopen(f"{os.environ['HF_ENDPOINT']}/move/{hub.repo}").read()
    found = []
    for split in rows.splits:
        for row in itertools.islice(rows.read(split), case.get("limit")):
            label = row["audio"].label if "audio" in row else None
            found.append({**{name: shown(one) for name, one in row.items()}, "split": split, "label": label})
    return {"revision": rows.revision, "location": rows.location, "splits": rows.splits, "rows": found}


def shown(value: Any) -> Any:
    """A value of a row for JSON: media by their hash."""
    if isinstance(value, tuple):
        return [shown(one) for one in value]
    if not isinstance(value, Media):
        return value
    return hashlib.sha256(value.opener() if value.opener else b"").hexdigest()


def main() -> None:
    results = {}
    for case in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        try:
            results[case["name"]] = result(case)
        except EvalkitError as error:
            results[case["name"]] = {"error": str(error), "kind": type(error).__name__}
    Path(sys.argv[1]).with_suffix(".out").write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # as the command line leaves: threads that pyarrow left may abort the interpreter's own shutdown
