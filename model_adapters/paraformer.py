"""Paraformer: Mandarin speech in, transcript out; by FunASR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.models.local.funasr_model import FunasrModel, joined


@model("paraformer", takes=("text", "audio"))
class Paraformer(FunasrModel):
    """Paraformer by FunASR, without punctuation; arguments as in `evalkit.models.local.funasr_model`.

    It guesses the number of characters from sums over frames, and frames of padding count in: only clips of equal
    length share a batch.
    """

    classes = ("Paraformer", "SeacoParaformer", "BiCifParaformer", "ContextualParaformer")
    equal_lengths = True

    def response(self, results: Sequence[Mapping[str, Any]]) -> Response:
        """The pieces' texts joined."""
        return Response(text=joined([str(result.get("text", "")) for result in results]))


@model("paraformer-zh", takes=("text", "audio"))
class ParaformerZh(Paraformer):
    """The released Mandarin model with 8404 tokens."""

    checkpoint = "iic/speech_seaco_paraformer_large_asr_nat-zh-cn-16k-common-vocab8404-pytorch"
