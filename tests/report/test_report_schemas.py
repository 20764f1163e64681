"""What compare, baseline and gate write is what `evalkit schema` says, to the last field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
from scored_runs import quiz_run


def test_files_follow_their_schemas(main: Callable[..., Any], tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", [i % 2 == 0 for i in range(30)])
    b = quiz_run(tmp_path / "b", [i % 3 == 0 for i in range(30)])
    baseline, policy, gate = tmp_path / "baseline.json", tmp_path / "policy.toml", tmp_path / "gate.json"
    assert main("baseline", "save", a, "--to", baseline).code == 0
    policy.write_text('[default]\nsignificance = "none"\nmin_n = 5\nmax_drop = 1.0\n', encoding="utf-8")
    done = main("gate", "--baseline", baseline, "--current", b, "--policy", policy, "--json", gate)
    assert done.code == 1, done.err  # every third is fewer than every second
    found = {
        "comparison": main("compare", a, b, "--json", "--resamples", 200).json,
        "baseline": json.loads(baseline.read_bytes()),
        "gate": json.loads(gate.read_bytes()),
    }
    for name, value in found.items():
        schema = main("schema", name).json
        jsonschema.Draft202012Validator(schema).validate(value)
        assert value["schema"] == schema["$id"]
        value["surplus"] = 1
        assert not jsonschema.Draft202012Validator(schema).is_valid(value)
