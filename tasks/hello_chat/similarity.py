"""How near the meaning of a reply is to that of the reference: the cosine of two vectors of BGE-M3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, mean
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.measured import cosine

PUBLISHED = "BAAI/bge-m3"
_BATCH, _LONGEST = 32, 8192  # texts; tokens


class MeaningSimilarity(Scorer):
    """Mean cosine of the dense vectors of reply and reference: the first token's last state.

    Args:
        name: of the metric.
        embedder: hub id or folder of a text encoder of transformers; it must be on this machine.
        heard: of what was heard of the spoken reply, instead of what was written.
    """

    name = "meaning"

    def __init__(self, name: str, embedder: str = PUBLISHED, heard: bool = False) -> None:
        self.embedder, self.hears = embedder, heard
        self.profile = embedder.rstrip("/").rpartition("/")[2]
        self.metrics = (Metric(name, "Similarity", ("sum", "replies"), mean, "cosine", decimals=3, range=(-1.0, 1.0)),)
        self._folder: Any = None
        self._loaded: Any = None

    def identity(self) -> Mapping[str, Any]:
        """The encoder, and which of the two texts of a reply it reads."""
        from evalkit.models.local import checkpoints

        return {"rule": 1, "embedder": checkpoints.identity(self.embedder, self._located()), "heard": self.hears}

    def check(self, sample: Sample) -> None:
        """The reference must be a text, and the encoder must be here before anything is asked.

        Raises:
            DataError: no reference.
            EvalkitError: a package or the encoder's files are missing; how to get them.
        """
        self._located()
        if not isinstance(sample.reference, str):
            raise DataError(f"sample '{sample.id}'", f"similarity needs a text reference, not {sample.reference!r}")

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One cosine each; an empty reply has no meaning and counts 0."""
        said = [(one.response.heard if self.hears else one.response.text) or "" for one in answers]
        wanted = [
            text for one, other in zip(said, answers, strict=True) if one.strip() for text in (one, other.reference)
        ]
        vectors = self._vectors(list(dict.fromkeys(wanted)))
        for text, answer in zip(said, answers, strict=True):
            if not text.strip():
                yield Score("scored", self.worst(answer), flags=("empty_answer",))
                continue
            found = cosine(vectors[text], vectors[answer.reference])
            yield Score("scored", {self.metrics[0].name: (found, 1.0)}, detail={"cosine": round(found, 6)})

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """0, the cosine of what has nothing in common."""
        return {self.metrics[0].name: (0.0, 1.0)}

    def close(self) -> None:
        """Let go of the encoder."""
        self._loaded = None

    def _located(self) -> Any:
        if self._folder is None:
            from evalkit.models.local import checkpoints
            from evalkit.models.local.transformers_loading import need

            for package in ("torch", "transformers"):
                need(package, f"scorer '{self.name}'")
            self._folder = checkpoints.locate(self.embedder)
        return self._folder

    def _vectors(self, texts: Sequence[str]) -> dict[str, list[float]]:
        import torch

        tokenizer, encoder = self._ready()
        found: dict[str, list[float]] = {}
        ordered = sorted(texts, key=len)
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            given = tokenizer(batch, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
            with torch.inference_mode():
                states = encoder(**given.to(encoder.device)).last_hidden_state[:, 0]
            found.update(zip(batch, states.float().cpu().tolist(), strict=True))
        return found

    def _ready(self) -> Any:
        if self._loaded is None:
            from transformers import AutoModel, AutoTokenizer

            from evalkit.models.local.transformers_loading import resolve_device

            folder = str(self._located())
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            encoder = AutoModel.from_pretrained(folder, local_files_only=True)
            self._loaded = tokenizer, encoder.eval().to(resolve_device("auto"))
        return self._loaded
