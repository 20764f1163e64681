"""What a command or a call asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.task import History
from evalkit.judging.options import JudgeOptions
from evalkit.run.selection import Selection

Stage = Literal["generate", "listen", "score", "summarize"]
STAGES: tuple[Stage, ...] = ("generate", "listen", "score", "summarize")
DEFAULT_OUT = Path("results")


@dataclass(slots=True)
class Options:
    """Options of `evalkit run` and `evalkit.evaluate`.

    Args:
        out: folder of all results.
        data: folder with local data; None for EVALKIT_DATA, else the hub.
        revision: overrides the data's pinned revision.
        limit: samples per task; None for all.
        selection: which samples, where it is some other part than the first ones; goes before `limit`.
        repeats: how often each sample is asked.
        history: "own" or "given", for conversations that are played; the task's own where None.
        seed: of everything random.
        fresh: move earlier results of this run aside and start over.
        stages: the stages to do.
        model_name: name under which results are filed; the model's own where None.
        scorer: NAME[:PROFILE] instead of the task's scorers.
        scorer_arguments: further arguments of that scorer.
        transcriber: who hears spoken answers, instead of the task's: see `evalkit.run.listeners.table`.
        transcriber_arguments: [LANGUAGE:]KEY -> value, of its constructor.
        listeners: role -> who notes something else of them, instead of the task's.
        listener_arguments: role -> [LANGUAGE:]KEY -> value, of their constructors.
        max_new_tokens: overrides the protocol's bound.
        limits: parallel calls, rates and money of models that make calls.
        judging: judge, rubric and votes instead of the task's.
        task_arguments: KEY -> value, of the functions that make the tasks.
        without: members of a paper's suite that are left out.
        command: what was typed, for the record.
        progress: show progress bars on stderr.
        outside_media: the user's own data may name media outside of their folder.
        verify_data: read all data again for their identity, also what has not changed by its times.
    """

    out: Path = DEFAULT_OUT
    data: Path | None = None
    revision: str | None = None
    limit: int | None = None
    selection: Selection = field(default_factory=Selection)
    repeats: int = 1
    history: History | None = None
    seed: int = 0
    fresh: bool = False
    stages: tuple[Stage, ...] = STAGES
    model_name: str | None = None
    scorer: str | None = None
    scorer_arguments: Mapping[str, Any] = field(default_factory=dict)
    transcriber: str | None = None
    transcriber_arguments: Mapping[str, str] = field(default_factory=dict)
    listeners: Mapping[str, str] = field(default_factory=dict)
    listener_arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    max_new_tokens: int | None = None
    limits: CallLimits = field(default_factory=CallLimits)
    judging: JudgeOptions = field(default_factory=JudgeOptions)
    task_arguments: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    progress: bool = False
    outside_media: bool = False
    verify_data: bool = False

    def selected(self) -> Selection:
        """The part of the samples that is asked for."""
        return self.selection if self.limit is None else replace(self.selection, limit=self.limit)

    def check(self) -> None:
        """Refuse numbers that make no sense.

        Raises:
            UsageError: naming the option.
        """
        numbers = (("limit", self.limit), ("repeats", self.repeats), ("max-new-tokens", self.max_new_tokens))
        for name, value in numbers:
            if value is not None and value < 1:
                raise UsageError(f"--{name} {value}: expected at least 1")
        if self.scorer_arguments and not self.scorer:
            raise UsageError("arguments of a scorer need the scorer's name; those of a task's own are its protocol")
        if self.data is not None and not self.data.is_dir():
            raise UsageError(f"--data {self.data}: no such folder")
        limits = self.limits
        if limits.concurrency < 1 or any(
            rate is not None and not rate > 0 for rate in (limits.requests_per_minute, limits.tokens_per_minute)
        ):
            raise UsageError("--concurrency must be at least 1, --rpm and --tpm above 0")
