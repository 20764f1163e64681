"""emotion2vec+: a listener: speech in, the name of an emotion out, with probabilities; by FunASR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.model import model
from evalkit.core.response import Failure, Response
from evalkit.models.local.funasr_model import FunasrModel

UNKNOWN = "unknown"


@model("emotion2vec", takes=("text", "audio"))
class Emotion2vec(FunasrModel):
    """emotion2vec+ by FunASR: the answer is the label of the highest probability.

    Labels of the released checkpoints: angry, disgusted, fearful, happy, neutral, other, sad, surprised, unknown.

    Args:
        path, device, batch_size, batch_seconds, threads: as in `evalkit.models.local.funasr_model`. Clips are heard
            whole, and funasr works on those of a batch one by one.
    """

    classes = ("Emotion2vec",)

    def __init__(
        self,
        path: str | None = None,
        device: str = "auto",
        batch_size: str = "auto",
        batch_seconds: float = 300.0,
        threads: int = 2,
    ) -> None:
        super().__init__(path, device, batch_size, batch_seconds, 0.0, threads)

    def options(self, clip: Any) -> dict[str, Any]:
        """One answer for the whole clip."""
        return {"granularity": "utterance", "extract_embedding": False}

    def response(self, results: Sequence[Mapping[str, Any]]) -> Response:
        """The label, and the probability of each, which is what it notes as a listener."""
        (result,) = results
        scores = {english(label): float(score) for label, score in zip(result["labels"], result["scores"], strict=True)}
        if not scores:
            return Response(failure=Failure("model", "the checkpoint has no labels: it gives embeddings only"))
        best = max(scores, key=scores.__getitem__)
        probabilities = {label: round(p, 6) for label, p in scores.items()}
        return Response(text=best, note=probabilities, meta={"probabilities": probabilities})


def english(label: str) -> str:
    """The English name in a label of the checkpoint, which gives it after the Chinese one."""
    return UNKNOWN if label == "<unk>" else label.rpartition("/")[2]


@model("emotion2vec-plus-large", takes=("text", "audio"))
class Emotion2vecPlusLarge(Emotion2vec):
    """The released large model with nine labels."""

    checkpoint = "iic/emotion2vec_plus_large"
