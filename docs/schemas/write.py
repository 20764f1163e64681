"""Write the JSON Schemas of all result files beside this script: `make schemas`."""

from __future__ import annotations

import json
from pathlib import Path

from evalkit.report.schemas import FILES, json_schema

HERE = Path(__file__).parent


def main() -> None:
    """Write one file per record, named after it and its version."""
    for name, (version, _) in FILES.items():
        path = HERE / f"{version.replace('/', '-')}.json"
        path.write_text(json.dumps(json_schema(name), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
