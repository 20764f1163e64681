"""Scoring while the model still answers: a judge behind an API works on what is written, the devices on the rest.

The journal of answers is followed as it grows, so nothing is held in memory. What goes wrong here is not told here: the
stage `score` does what is left and meets the same problem.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from types import TracebackType

import orjson

from evalkit.core.model import Model
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.task import Task
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.directory import RunDirectory
from evalkit.run.score import answered, score_line, settled_scores

_PATIENCE = 2.0  # seconds that an interrupted command waits for calls under way
_LOG = logging.getLogger(__name__)


def fits(model: Model, scorer: Scorer, transcribed: bool) -> bool:
    """Whether a scorer can work beside a model: it waits for calls, the model for devices."""
    if not model.computes or scorer.together or scorer.hears or scorer.listeners:
        return False
    if scorer.may_hear and transcribed:
        return False
    asked = [helper.asks for helper in scorer.helpers()]
    return bool(asked) and all(isinstance(one, Model) and not one.computes for one in asked)


class Alongside:
    """Context manager: scores in a thread what `on_answer` says has been answered; on leaving, all of it is scored.

    Args:
        task: names the breakdowns.
        scorer: see `fits`.
        directory: its answers are followed, its score journal is written.
        scoring: name of the score journal.
        chosen: tells the lines to look at; all where None.

    Attributes:
        attempted: ids whose score was written, failures of the judge too. What it was working on when something ended
            it is not among them, so that the stage `score` asks for it and meets the same error.
        scored: scores written.
    """

    def __init__(
        self, task: Task, scorer: Scorer, directory: RunDirectory, scoring: str, chosen: journals.Chosen | None
    ) -> None:
        self._task, self._scorer, self._directory, self._chosen = task, scorer, directory, chosen
        self._path = directory.scores(scoring)
        self._thread: threading.Thread | None = None
        self._more = threading.Event()
        self._ended = self._stopped = False
        self.attempted: set[str] = set()
        self.scored = 0

    def on_answer(self) -> None:
        """An answer has been journalled."""
        self._more.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="evalkit-score", daemon=True)
            self._thread.start()

    def __enter__(self) -> Alongside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended, self._stopped = True, kind is not None
        self._more.set()
        if self._thread is None:
            return
        try:
            self._thread.join(None if kind is None else _PATIENCE)
        except BaseException:
            self._stopped = True
            raise

    def _work(self) -> None:
        try:
            with closing(self._scorer), journal.Journal(self._path) as file:
                for answer, assessment in self._scorer.stream(self._answers(set(settled_scores(self._path)))):
                    if self._stopped:
                        return
                    file.append(score_line(self._task, self._scorer, answer, assessment))
                    self.attempted.add(answer.id)
                    self.scored += 1
        except Exception as error:
            _LOG.debug("scoring beside the model ended: %s", error)

    def _answers(self, settled: set[str]) -> Iterator[Answered]:
        """Answers without a failure, as they are written; a journal has one line of each."""
        with self._directory.samples.open("rb") as file:
            while not self._stopped:
                self._more.clear()
                last = self._ended
                line = file.readline()
                if not line.endswith(b"\n"):
                    file.seek(-len(line), 1)
                    if last:
                        return
                    self._more.wait()
                    continue
                record = orjson.loads(line)
                if record.get("failure") is not None or record["id"] in settled:
                    continue
                if not self._scorer.runs_on(record["split"]):
                    continue
                settled.add(record["id"])
                if self._chosen is None or self._chosen(record):
                    yield answered(record, self._directory.path, needed=False)
