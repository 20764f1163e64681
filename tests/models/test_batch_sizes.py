"""The choice of a batch's rows: against simulated costs, through the planner, and what is remembered of it."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local import chosen_size, remembered_sizes
from evalkit.models.local.batch_sizes import SizeChoice
from evalkit.models.local.batching import OutOfMemoryError, PlannedModel, Prepared

Cost = Callable[[int, int], float]  # rows and padded length of a batch -> seconds of one row
BUDGET = 16384

# A row is read, and written step by step; a step costs the weights once for the batch, and more where caches overflow.
CURVES: dict[str, Cost] = {
    "nothing to gain": lambda rows, length: length / 100 + 3,
    "ever less": lambda rows, length: length / 100 + 3 + 8 / rows,
    "least at 16": lambda rows, length: length / 100 + 3 + 10 / rows + 0.05 * max(0, rows - 16),
    "least at 32": lambda rows, length: length / 100 + 3 + 20 / rows + 0.02 * rows,
    "least at 8": lambda rows, length: length / 100 + 3 + 5 / rows + 0.08 * max(0, rows - 8),
}


def run(cost: Cost, count: int, seed: int, fixed: int = 0, noise: float = 0.0) -> tuple[float, SizeChoice]:
    """Seconds of `count` rows in windows of 32, 128, 512 ..., by the choice or in batches of a fixed size."""
    draw = random.Random(seed)
    lengths = [draw.randrange(60, 300) for _ in range(count)]
    choice, waiting, total, window = SizeChoice(BUDGET // 180, 16), list[int](), 0.0, 32
    while lengths or waiting:
        taken, lengths = lengths[: window - len(waiting)], lengths[window - len(waiting) :]
        waiting = sorted(waiting + taken, reverse=True)
        choice.seam()
        worked = False
        while waiting:
            fits = BUDGET // waiting[0]
            most = min(fixed, fits) if fixed else choice.rows(len(waiting), fits, last=not lengths)
            assert most <= fits, "never above the memory"
            batch = waiting[:most]
            if worked and len(batch) < most and lengths:
                break
            waiting, worked = waiting[most:], True
            seconds = cost(len(batch), batch[0]) * len(batch)
            total += seconds  # the noise is the clock's: what sizes cost is compared without it
            choice.measured(len(batch), sum(batch), seconds * (1 + noise * draw.random()))
        window = min(4 * window, 1024)
    return total, choice


def best(cost: Cost, count: int, seed: int) -> float:
    return min(run(cost, count, seed, fixed)[0] for fixed in (1, 2, 4, 8, 16, 32, 64, 128))


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("count", [200, 1000, 4000])
@pytest.mark.parametrize("name", CURVES)
def test_a_run_takes_hardly_longer_than_with_the_best_size(name: str, count: int, noise: float) -> None:
    shares = [run(CURVES[name], count, seed, noise=noise)[0] / best(CURVES[name], count, seed) for seed in range(8)]
    assert sum(shares) / len(shares) <= 1.05
    assert max(shares) <= 1.10


@pytest.mark.parametrize(
    ("name", "low", "high"), [("least at 16", 8, 32), ("least at 8", 4, 16), ("ever less", 32, 91)]
)
def test_the_size_it_ends_at(name: str, low: int, high: int) -> None:
    assert all(low <= run(CURVES[name], 20_000, seed)[1].size <= high for seed in range(3))


def test_steep_gains_are_climbed_to_the_memory() -> None:
    """The harness' own time dominates, as with tiny models: each doubling nearly halves the cost."""
    _, choice = run(lambda rows, length: 8 / rows + length / 3000, 4000, 0)
    assert choice.size == BUDGET // 180


@pytest.mark.parametrize("bound", [1, 2, 3, 7, 16, 100])
def test_any_bound_works(bound: int) -> None:
    for start in (None, 1, 16):
        choice = SizeChoice(bound, start)
        for _ in range(500):
            rows = choice.rows(1000, bound)
            assert 1 <= rows <= bound
            choice.measured(rows, 1.0 * rows, 0.1 + 0.001 * rows)
        assert choice.settled


def test_a_disturbed_batch_does_not_decide() -> None:
    """One batch of the present size takes three times as long beside a trial of a size that is in truth no better."""
    for slow in range(1, 12):
        choice = SizeChoice(64, 16)
        for number in range(40):
            rows = choice.rows(1000, 64)
            choice.measured(rows, rows, (rows + 4 + rows * rows / 64) * (3 if number == slow and rows == 16 else 1))
        assert choice.size == 16


def test_batches_cut_short_by_memory_are_not_compared() -> None:
    choice = SizeChoice(64, 16)
    for _ in range(50):
        choice.measured(choice.rows(1000, 5), 5.0, 1.0)  # rows so long that five fit
    assert choice.facts()["cost_of_next"] == {}


class Timed(PlannedModel[int]):
    """Sleeps for what a batch costs; the id's end is the length."""

    name = "timed"
    token_budget = BUDGET

    def __init__(self, holds: int = BUDGET) -> None:
        self.holds, self.batches = holds, list[int]()

    def prepare(self, request: Request) -> Prepared[int]:
        length = int(request.id.split("-")[1])
        return Prepared(request, length, length)

    def answer(self, batch: Sequence[Prepared[int]]) -> list[Response]:
        if len(batch) * batch[0].tokens > self.holds:
            raise OutOfMemoryError("no room")
        self.batches.append(len(batch))
        rows = len(batch)
        time.sleep((0.02 * rows + 0.16 + 0.02 * max(0, rows - 16) ** 2) / 20)
        return [Response(text=str(item.work), usage={"output_tokens": 1.0}) for item in batch]


def asked(count: int) -> list[Request]:
    draw = random.Random(0)
    return [Request(f"{n}-{draw.randrange(60, 90)}", (user("x"),), Generation(max_new_tokens=4)) for n in range(count)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    return tmp_path


def test_the_planner_measures_tells_and_remembers(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chosen_size, "_WORTH", 0.1)
    model = Timed()
    requests = asked(600)
    found = dict(model.stream(iter(requests)))
    assert {key: response.text for key, response in found.items()} == {r.id: r.id.split("-")[1] for r in requests}
    (told,) = model.circumstances()["batch_sizes"]
    assert (told["rows"], told["remembered"], told["new_tokens"]) == (16, False, 4)
    assert {"8", "16", "32"} <= told["rows_per_second"].keys()
    assert told["cost_of_next"]["16"][0] > 1.1 and told["cost_of_next"]["8"][0] < 1
    assert model.batches.count(16) * 16 > 450, "most rows are answered at the size found"
    (file,) = (cache / remembered_sizes.FOLDER).glob("*.json")
    again = Timed()
    list(again.stream(iter(asked(64))))
    assert again.circumstances()["batch_sizes"][0]["remembered"] is True
    assert set(again.batches) == {16}
    file.write_text('{"schema": ')
    list(again.stream(iter(asked(64))))
    third = Timed()
    list(third.stream(iter(asked(64))))
    assert third.circumstances()["batch_sizes"][0]["remembered"] is False


def test_memory_that_runs_out_while_sizes_are_tried() -> None:
    model = Timed(holds=20 * 90)
    found = dict(model.stream(iter(asked(400))))
    assert len(found) == 400
    assert all(response.failure is None for response in found.values())
    assert max(model.batches) <= 24


def test_a_fixed_size_is_kept_and_nothing_is_told() -> None:
    model = Timed()
    model.batch_size = 8
    list(model.stream(iter(asked(160))))
    assert set(model.batches) == {8}
    assert model.circumstances() == {}


KEY = {"model": "m", "tokens": 64}


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"[]", b"null", b'{"found": 3}', b"[" * 100_000, b'{"schema": "evalkit.batch_size/2"}'],
)
def test_damaged_files_are_as_if_absent(cache: Path, text: bytes) -> None:
    remembered_sizes.write(KEY, {"rows": 8})
    (file,) = (cache / remembered_sizes.FOLDER).iterdir()
    file.write_bytes(text)
    assert remembered_sizes.read(KEY) is None
    remembered_sizes.write(KEY, {"rows": 8})
    assert remembered_sizes.read(KEY) == {"rows": 8}


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"rows": 0},
        {"rows": "8", "cost_of_next": {}},
        {"rows": 8, "cost_of_next": []},
        {"rows": True, "cost_of_next": {}},
    ],
)
def test_unusable_facts_are_ignored(known: dict[str, object]) -> None:
    choice = SizeChoice(64, 16, known)
    assert (choice.size, choice.remembered) == (16, False)


@pytest.mark.parametrize("values", ["x", [], [0], [-1], ["1"], [float("nan")], [float("inf")], 3, None])
def test_unusable_comparisons_are_ignored(values: object) -> None:
    choice = SizeChoice(64, 16, {"rows": 8, "cost_of_next": {"8": values, "4": [0.5]}})
    assert choice.size == 8
    assert choice.facts()["cost_of_next"] == {"4": [0.5]}


def test_what_is_remembered_never_exceeds_todays_memory() -> None:
    known = {"rows": 64, "bound": 64, "cost_of_next": {"32": [0.8]}}
    assert SizeChoice(10, 16, known).rows(100, 10) == 10


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file"))
    remembered_sizes.write(KEY, {"rows": 8})
    assert remembered_sizes.read(KEY) is None


def _write_often(rows: int) -> None:
    for _ in range(100):
        remembered_sizes.write(KEY, {"rows": rows, "filler": [rows] * 2000})


def test_of_concurrent_writers_one_is_kept_whole(cache: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(rows,)) for rows in (1, 2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        found = remembered_sizes.read(KEY)
        assert found is None or found["filler"] == [found["rows"]] * 2000
    assert [writer.exitcode for writer in writers] == [0, 0]
    (file,) = (cache / remembered_sizes.FOLDER).iterdir()
    assert json.loads(file.read_bytes())["found"]["rows"] in (1, 2)
