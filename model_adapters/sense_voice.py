"""SenseVoice: speech in Mandarin, Cantonese, English, Japanese or Korean in, transcript out; by FunASR."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.models.local.funasr_model import Clip, FunasrModel, joined

_TAG = re.compile(r"<\|([^|<>]*)\|>")
LANGUAGES = ("zh", "en", "yue", "ja", "ko")


@model("sense-voice", takes=("text", "audio"))
class SenseVoice(FunasrModel):
    """SenseVoice by FunASR.

    Args:
        language: zh, en, yue, ja or ko; auto takes what the sample says, and else lets the model detect it.
        use_itn: write numbers as digits, with punctuation and capitals.
        path, device, batch_size, batch_seconds, longest, threads: as in `evalkit.models.local.funasr_model`.
    """

    classes = ("SenseVoiceSmall",)

    def __init__(
        self,
        path: str | None = None,
        language: str = "auto",
        use_itn: bool = False,
        **further: Any,
    ) -> None:
        super().__init__(path, **further)
        if language not in ("auto", *LANGUAGES):
            raise UsageError(f"model '{self.name}': language={language}; expected auto, {', '.join(LANGUAGES)}")
        self._language, self._use_itn = language, use_itn

    def kind(self, clip: Clip) -> str:
        """Clips of one language, since a batch is told one."""
        return super().kind(clip) or self._spoken(clip)

    def options(self, clip: Clip) -> dict[str, Any]:
        """Language and spelling."""
        return {"language": self._spoken(clip), "use_itn": self._use_itn}

    def _spoken(self, clip: Clip) -> str:
        if self._language != "auto":
            return self._language
        return clip.language if clip.language in LANGUAGES else "auto"

    def response(self, results: Sequence[Mapping[str, Any]]) -> Response:
        """The text without tags; the tags (language, emotion, event) stand beside it."""
        texts = [str(result.get("text", "")) for result in results]
        tags = [tag for text in texts for tag in _TAG.findall(text)]
        return Response(text=joined([_TAG.sub("", text) for text in texts]), meta={"tags": tags} if tags else None)


@model("sense-voice-small", takes=("text", "audio"))
class SenseVoiceSmall(SenseVoice):
    """The released small model."""

    checkpoint = "iic/SenseVoiceSmall"
