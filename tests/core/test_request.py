"""The seed of a sample: its own, whatever is asked before it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from evalkit.core.message import user
from evalkit.core.sample import Request

MESSAGES = (user("hello"),)


def test_depends_on_the_id_and_the_seed_of_the_run_alone() -> None:
    one = Request("a", MESSAGES, run_seed=1)
    assert one.seed == Request("a", (user("something else"),), run_seed=1).seed
    assert len({Request(f"s{i}", MESSAGES, run_seed=r).seed for i in range(100) for r in range(3)}) == 300


def test_is_the_same_in_every_process() -> None:
    code = "from evalkit.core.sample import Request; print(Request('a', (), run_seed=1).seed)"
    seeds = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, check=True
        ).stdout
        for hashing in ("0", "1")
    }
    assert seeds == {b"%d\n" % Request("a", MESSAGES, run_seed=1).seed}


@pytest.mark.parametrize(("first", "second"), [((1, "1/a"), (11, "a")), ((1, "2/a"), (1, "2"))])
def test_no_run_seed_and_id_run_into_each_other(first: tuple[int, str], second: tuple[int, str]) -> None:
    assert Request(first[1], (), run_seed=first[0]).seed != Request(second[1], (), run_seed=second[0]).seed


def test_fits_in_32_bits() -> None:
    assert all(0 <= Request(str(i), ()).seed < 2**32 for i in range(1000))
