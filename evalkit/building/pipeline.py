"""A build from beginning to end: drafts, the review, the result; what both benchmarks share."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import evalkit
from evalkit.building.asking import Item, Outcome, Stage, ask, spending
from evalkit.building.folder import INCIDENTAL, BuildFolder
from evalkit.building.options import BuildOptions, Settings
from evalkit.building.result import write_result
from evalkit.building.review import Line, Review, offer, read_review
from evalkit.building.speaking import STAGE as SPEECH
from evalkit.building.speaking import Utterance, speak, voice_of
from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.run.journal import write_atomically
from evalkit.run.progress import Progress


@dataclass(slots=True)
class Report:
    """What a command came to.

    Args:
        state: "review" while the person has to decide, "written" when the result is there.
        counts: by what they count.
        open: ids without a decision.
        lost: id -> why it is not there: unusable drafts, failed calls, speech that could not be made.
        cost: US dollars of all commands so far; None when it is not known of every call.
        path: of the review file, or of the result.
    """

    state: str
    path: Path
    counts: dict[str, int] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    cost: float | None = 0.0


class Builder(ABC):
    """The build of one benchmark.

    Attributes:
        name: of the task whose data are built.
        stages: those that ask for drafts, in order.
    """

    name: ClassVar[str]
    stages: ClassVar[tuple[str, ...]]

    def __init__(self, options: BuildOptions) -> None:
        self.options = options
        self.folder = BuildFolder(options.out)
        self.counts: dict[str, int] = {}
        self.lost: dict[str, str] = {}
        self.settings: Settings

    @abstractmethod
    def settle(self) -> Settings:
        """Join the command with the settings of the folder; reads and checks the input."""

    @abstractmethod
    def drafts(self) -> list[Line]:
        """Ask for everything up to the drafts that can be used, and plan."""

    @abstractmethod
    def problems(self, line: Mapping[str, Any]) -> list[str]:
        """What is wrong with a reviewed line."""

    @abstractmethod
    def rows(self, lines: Sequence[Line]) -> tuple[list[dict[str, Any]], dict[str, Path]]:
        """The dialogues of the result, and its media: path in the result -> file."""

    def build(self) -> Report:
        """Go as far as can be gone.

        Raises:
            EvalkitError: the settings, the images or the review cannot be used, or the disk failed; everything that
                was answered is kept.
        """
        if self.options.finish and not self.folder.offered.is_file():
            raise UsageError(
                f"--finish: no draft of {self.folder.path} is in review yet; repeat the command without it first"
            )
        self.settings = self.settle()
        for models in self.settings.models.values():
            for model in models:
                model.check()
        with self.folder:
            self.folder.settle(self.settings.values)
            lines = self.drafts()
            if not self.options.finish:
                offer(self.folder, self.name, lines)
            review = read_review(self.folder, self.problems)
            self._count(review)
            if review.open:
                return self._open(review)
            return self._finish(review)

    def _count(self, review: Review) -> None:
        self.counts.update(
            accepted=len(review.accepted),
            corrected=len(review.corrected),
            rejected=len(review.rejected),
            open=len(review.open),
        )

    def _open(self, review: Review) -> Report:
        if self.options.finish:
            shown = ", ".join(review.open[:10]) + (", ..." if len(review.open) > 10 else "")
            raise UsageError(
                f'--finish: {len(review.open)} dialogues have no decision yet: {shown}. Set "decision" of each in '
                f"{self.folder.review} to accept, correct or reject"
            )
        return Report("review", self.folder.review, self.counts, review.open, self.lost, self._cost())

    def _finish(self, review: Review) -> Report:
        if not review.taken:
            first = next(iter(self.lost.items()), None)
            raise UsageError(
                f"no dialogue is left: {len(review.rejected)} were rejected, {self.counts.get('draft_unusable', 0)} "
                f"could not be drafted and {self.counts.get('draft_failed', 0)} calls failed"
                + (f" (first: {first[0]}: {first[1]})" if first is not None else "")
                + "; repeat the command to repeat failed calls, or begin anew in another --out"
            )
        rows, media = self.rows(review.taken)
        if not rows:
            why = next(iter(self.lost.values()))
            raise UsageError(f"no dialogue could be spoken, the first because: {why}; repeat the command to try again")
        self.counts["written"] = len(rows)
        write_result(self.folder, self.name, rows, media, self.record())
        return Report("written", self.folder.dialogues, self.counts, [], self.lost, self._cost())

    def ask(self, stage: Stage[Any], items: Sequence[Item], role: str | None) -> Outcome[Any]:
        """Ask the model of a role, with a bar, and note its versions; None takes what the journal holds."""
        model = self.settings.model(role) if role is not None else None
        if role is not None and model is not None:
            self._note(role, [model])
        with self._bar(stage.name, len(items), model) as tick:
            return ask(stage, items, model, self.settings.values["seed"], tick)

    def spoken(self, texts: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, list[tuple[dict[str, Any], Path]]]:
        """Speak the user's turns.

        Args:
            texts: dialogue -> texts with their languages.

        Returns:
            Dialogue -> an audio part and its file for each text; dialogues with a text that could not be spoken are
            missing, and noted as lost.
        """
        voices, seed = self.settings.voices, int(self.settings.values["seed"])
        wanted = {
            key: [Utterance(text, language, voice_of(key, voices, seed)) for text, language in entries]
            for key, entries in texts.items()
        }
        flat = [utterance for entries in wanted.values() for utterance in entries]
        models = [voice.model for voice in voices if voice.model is not None]
        self._note("tts", models)
        with self._bar("speak", len({utterance.key for utterance in flat}), models[0] if models else None) as tick:
            outcome = speak(self.folder, flat, self.settings.values["attempts"], seed, tick)
        made: dict[str, list[tuple[dict[str, Any], Path]]] = {}
        for key, entries in wanted.items():
            why = next((outcome.failed.get(u.key) or outcome.unusable.get(u.key) for u in entries
                        if u.key not in outcome.results), None)  # fmt: skip
            if why is not None:
                self.lost[key] = f"a turn could not be spoken: {why}"
                continue
            made[key] = [(_part(u, outcome.results[u.key]), outcome.results[u.key]) for u in entries]
        self.counts["not_spoken"] = len(wanted) - len(made)
        return made

    def frozen_plan(self, draw: Callable[[], Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
        """The plan as it was drawn first: what a later command knows cannot change it."""
        path = self.folder.plan
        if not path.is_file():
            lines = [json.dumps(dict(record), ensure_ascii=False) for record in draw()]
            write_atomically(path, ("\n".join(lines) + "\n").encode())
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def record(self) -> dict[str, Any]:
        """What `build.json` says; the same for the same replies and decisions."""
        values = {key: value for key, value in self.settings.values.items() if key != INCIDENTAL}
        stages = {}
        for stage in (*self.stages, SPEECH):
            if self.folder.journal(stage).exists():
                spent = asdict(spending(self.folder.journal(stage)))
                del spent["failed"]  # calls that failed and were repeated say nothing about the data
                stages[stage] = spent
        return {
            "builder": f"evalkit build {self.name}",
            "evalkit": evalkit.__version__,
            "settings": values,
            "models": self._models(),
            "counts": dict(sorted(self.counts.items())),
            "lost": dict(sorted(self.lost.items())),
            "stages": stages,
            "cost": self._cost(),
        }

    def _cost(self) -> float | None:
        costs = [spending(self.folder.journal(stage)).cost for stage in (*self.stages, SPEECH)]
        return None if None in costs else round(sum(cost for cost in costs if cost is not None), 9)

    def _bar(self, stage: str, total: int, model: Model | None) -> Progress:
        return Progress(self.options.progress, stage, total, status=model.status if model is not None else None)

    def _models(self) -> dict[str, Any]:
        if not self.folder.models.is_file():
            return {}
        found: dict[str, Any] = json.loads(self.folder.models.read_bytes())
        return found

    def _note(self, role: str, models: Sequence[Model]) -> None:
        """Note versions of what answers."""
        known = self._models()
        told = [{"name": model.name, "versions": dict(model.versions())} for model in models]
        if known.get(role) != told:
            write_atomically(self.folder.models, json.dumps({**known, role: told}, indent=2).encode() + b"\n")


def _part(utterance: Utterance, path: Path) -> dict[str, Any]:
    return {
        "type": "audio",
        "path": f"audio/{path.name}",
        "transcript": utterance.text,
        "provenance": f"spoken by {utterance.voice.shown}",
    }
