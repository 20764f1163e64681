"""The planner: every request answered once, batches within the budget, memory that runs out, rows that fail."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from evalkit.core.errors import DataError, EvalkitError, MissingExtraError
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local.batching import OutOfMemoryError, PlannedModel, Prepared, TooLongError


class Echo(PlannedModel[str]):
    """Answers with the prompt; the request's id says how long it is: "n-LENGTH"."""

    name = "echo"
    measures = False

    def __init__(self, budget: int = 1000, holds: int | None = None, **settings: object) -> None:
        self.token_budget = budget
        self.holds = holds  # padded tokens the device has room for
        self.batches: list[list[int]] = []
        self.groups: list[set[tuple[str, str]]] = []
        self.prepared: list[str] = []
        self.spoil: Callable[[str], None] = lambda key: None
        for key, value in settings.items():
            setattr(self, key, value)

    def prepare(self, request: Request) -> Prepared[str]:
        self.prepared.append(request.id)
        return Prepared(request, request.messages[0].text, int(request.id.split("-")[1]))

    def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
        lengths = [item.tokens for item in batch]
        if self.holds is not None and len(batch) * max(lengths) > self.holds:
            raise OutOfMemoryError("no room")
        for item in batch:
            self.spoil(item.request.id)
        self.batches.append(lengths)
        self.groups.append({item.group for item in batch})
        return [Response(text=item.work, usage={"output_tokens": 1}) for item in batch]


def requests(lengths: Sequence[int], settings: Generation | None = None) -> list[Request]:
    return [
        Request(f"{number}-{length}", (user(f"prompt {number}"),), settings or Generation())
        for number, length in enumerate(lengths)
    ]


def answered(model: Echo, asked: Sequence[Request]) -> dict[str, Response]:
    found: dict[str, Response] = {}
    for key, response in model.stream(iter(asked)):
        assert key not in found, "answered twice"
        found[key] = response
    assert found.keys() == {request.id for request in asked}
    return found


def random_lengths(count: int, seed: int = 0) -> list[int]:
    draw = random.Random(seed)
    return [draw.choice([5, 20, 50, 120, 300]) + draw.randrange(20) for _ in range(count)]


@pytest.mark.parametrize("budget", [1, 100, 1000, 10**6])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 500])
def test_every_request_gets_its_own_answer(budget: int, count: int) -> None:
    asked = requests(random_lengths(count))
    found = answered(Echo(budget), asked)
    assert {key: response.text for key, response in found.items()} == {r.id: r.messages[0].text for r in asked}


def test_batches_stay_within_the_budget_or_hold_one_row() -> None:
    model = Echo(1000)
    answered(model, requests(random_lengths(500)))
    assert all(len(batch) == 1 or len(batch) * max(batch) <= 1000 for batch in model.batches)
    assert sum(map(len, model.batches)) == 500


def test_rows_of_a_batch_are_alike_in_length() -> None:
    lengths = random_lengths(2000, seed=1)
    model = Echo(4000)
    answered(model, requests(lengths))
    arrival = [lengths[start : start + 16] for start in range(0, 2000, 16)]
    padded = sum(len(batch) * max(batch) for batch in arrival)
    assert 1 - sum(lengths) / padded > 0.5, "the baseline wastes more than half"
    assert model.throughput.padding_share < 0.2
    assert model.throughput.padding_share == pytest.approx(
        1 - sum(lengths) / sum(len(batch) * max(batch) for batch in model.batches)
    )


def test_no_thin_batches_at_the_seams_of_windows() -> None:
    model = Echo(1000)
    answered(model, requests([100] * 1000))  # ten rows fit; windows of 64 are no multiple of ten
    assert [len(batch) for batch in model.batches] == [10] * 100


def test_the_number_of_rows_can_be_bounded() -> None:
    model = Echo(10**6, batch_size=7)
    answered(model, requests(random_lengths(100)))
    assert max(map(len, model.batches)) == 7


def test_different_settings_share_no_batch() -> None:
    short, long = Generation(max_new_tokens=8), Generation(max_new_tokens=512)
    asked = [Request(f"{n}-10", (user("x"),), short if n % 2 else long) for n in range(100)]
    model = Echo(10**6)
    answered(model, asked)
    assert all(len(groups) == 1 for groups in model.groups)


def test_out_of_memory_halves_the_budget_and_is_remembered() -> None:
    model = Echo(6400, holds=1000)
    found = answered(model, requests([100] * 300))
    assert all(response.failure is None for response in found.values())
    assert all(len(batch) * max(batch) <= 1000 for batch in model.batches)
    assert model.token_budget == 800
    assert model.throughput.out_of_memory == 2  # the first window's 3200 and 1600 do not fit; then no more is tried


def test_out_of_memory_with_one_row_is_the_samples_failure() -> None:
    model = Echo(10**6, holds=1000)
    found = answered(model, requests([100] * 20 + [2000] + [100] * 20))
    failed = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert list(failed) == ["20-2000"]
    failure = failed["20-2000"]
    assert failure is not None
    assert (failure.kind, "2000 tokens" in failure.message) == ("limit", True)


def test_a_row_that_spoils_its_batch_fails_alone() -> None:
    def spoil(key: str) -> None:
        if key == "30-100":
            raise RuntimeError("shapes do not match")

    model = Echo(1000, spoil=spoil)
    found = answered(model, requests([100] * 60))
    failed = [key for key, response in found.items() if response.failure is not None]
    assert failed == ["30-100"]
    assert found["30-100"].failure is not None
    assert "shapes do not match" in found["30-100"].failure.message


def test_a_model_that_fails_on_everything_ends_the_run() -> None:
    def spoil(key: str) -> None:
        raise RuntimeError("device is gone")

    with pytest.raises(EvalkitError, match=r"every sample.*device is gone"):
        answered(Echo(1000, spoil=spoil), requests([10] * 100))


class Unprepared(Echo):
    """Prepares as its dictionary of errors says."""

    errors: dict[str, Exception]

    def prepare(self, request: Request) -> Prepared[str]:
        if error := self.errors.get(request.id):
            raise error
        return super().prepare(request)


def test_requests_that_cannot_be_prepared_fail_by_kind() -> None:
    errors = {
        "0-10": DataError("a.wav", "the file is empty"),
        "1-10": TooLongError("5000 tokens; the context is 4096"),
        "2-10": ValueError("odd"),
    }
    found = answered(Unprepared(errors=errors), requests([10] * 5))
    kinds = {key: response.failure.kind for key, response in found.items() if response.failure is not None}
    assert kinds == {"0-10": "input", "1-10": "limit", "2-10": "model"}
    assert (found["3-10"].text, found["4-10"].text) == ("prompt 3", "prompt 4")


def test_a_missing_package_ends_the_run() -> None:
    model = Unprepared(errors={"1-10": MissingExtraError("torchvision", "video", "a video")})
    with pytest.raises(MissingExtraError, match=r"pip install -e '?.*\[video\]'"):
        answered(model, requests([10] * 5))


def test_only_the_look_ahead_is_taken_from_the_stream() -> None:
    taken = 0

    def endless() -> Iterator[Request]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield Request(f"{number}-100", (user("x"),))

    model = Echo(1000)
    stream = model.stream(endless())
    for count, _ in enumerate(itertools.islice(stream, 2000), start=1):
        assert taken - count <= 3 * 100 + 10
    stream.close()


def test_prepared_bytes_bound_the_look_ahead() -> None:
    held, most = 0, 0
    lock = threading.Lock()

    class Heavy(Echo):
        def prepare(self, request: Request) -> Prepared[str]:
            nonlocal held, most
            with lock:
                held += 1
                most = max(most, held)
            return Prepared(request, "", 10, bytes=100)

        def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
            nonlocal held
            with lock:
                held -= len(batch)
            return [Response(text="") for _ in batch]

    model = Heavy(10**6, bytes_ahead=1000)  # ten requests' worth, those that wait for a batch included
    assert len(list(model.stream(iter(requests([10] * 1000))))) == 1000
    assert most <= 10


def test_no_more_decoded_audio_is_alive_than_the_look_ahead_holds() -> None:
    """Memory of the samples themselves, freed as their batches end; the device is slower than the threads."""
    import gc
    import weakref

    import numpy as np

    seconds, alive, most = 60, 0, 0
    lock = threading.Lock()

    def freed() -> None:
        nonlocal alive
        with lock:
            alive -= 1

    class Listener(PlannedModel["np.ndarray[tuple[int], np.dtype[np.float32]]"]):
        name = "listener"
        token_budget = 10 * 60
        bytes_ahead = 40 * 4 * 16000 * seconds

        def prepare(self, request: Request) -> Prepared[np.ndarray[tuple[int], np.dtype[np.float32]]]:
            nonlocal alive, most
            samples = np.empty(16000 * seconds, dtype=np.float32)
            weakref.finalize(samples, freed)
            with lock:
                alive += 1
                most = max(most, alive)
            return Prepared(request, samples, 60, bytes=samples.nbytes)

        def answer(self, batch: Sequence[Prepared[np.ndarray[tuple[int], np.dtype[np.float32]]]]) -> list[Response]:
            time.sleep(0.001)
            return [Response(text=str(len(item.work))) for item in batch]

    count = sum(1 for _ in Listener().stream(Request(str(n), (user("x"),)) for n in range(2000)))
    gc.collect()
    assert (count, alive) == (2000, 0)
    assert 10 < most <= 40 + 10, "the look-ahead, and the batch on the device"


def test_preparation_overlaps_with_the_device() -> None:
    class Waiting(Echo):
        def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
            # The next window has to be prepared while the device is at work on this one.
            wanted = min(32 * (len(self.batches) + 2), 320)
            limit = time.monotonic() + 10
            while len(self.prepared) < wanted and time.monotonic() < limit:
                time.sleep(0.001)
            assert len(self.prepared) >= wanted
            return super().answer(batch)

    model = Waiting(320, window=32, batch_size=32)
    model._window_size = lambda: 32  # type: ignore[method-assign]
    answered(model, requests([10] * 320))
    assert len(model.batches) == 10


def test_an_interrupt_ends_the_stream_at_once() -> None:
    def spoil(key: str) -> None:
        raise KeyboardInterrupt

    model = Echo(1000, spoil=spoil)
    with pytest.raises(KeyboardInterrupt):
        answered(model, requests([10] * 1000))
    assert len(model.prepared) <= 3 * 64


def test_too_few_responses_are_refused() -> None:
    class Short(Echo):
        def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
            return [Response(text="x")]

    with pytest.raises(ValueError, match="1 responses to a batch of 5"):
        answered(Short(), requests([10] * 5))


def test_rates_are_shown() -> None:
    model = Echo()
    assert model.status() == ""
    answered(model, requests([10] * 5))
    assert "samples/s" in model.status()
    assert "padding" in model.status()
