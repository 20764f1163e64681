"""Text normalisers by name, one file per tradition; each file is imported when its name is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

Normalizer = Callable[[str], str]
BatchNormalizer = Callable[[Sequence[str]], list[str]]

NORMALIZERS: dict[str, str] = {
    "none": "the text as it is",
    "whisper_english": "Whisper EnglishTextNormalizer (openai/whisper, whisper/normalizers/english.py)",
    "whisper_basic": "Whisper BasicTextNormalizer (openai/whisper, whisper/normalizers/basic.py)",
    "whisper_basic_diacritics": "Whisper BasicTextNormalizer with remove_diacritics=True",
    "cn_tn": "Chinese TextNorm, every option off (speechio/chinese_text_normalization, python/cn_tn.py)",
    "cn_tn_remove_space": "Chinese TextNorm with remove_space=True, as EMOVA uses it",
    "zhconv_cn": "traditional to simplified Chinese with the words of mainland China (zhconv, zh-cn)",
}

_MODULES = {
    "whisper_english": "whisper_english",
    "whisper_basic": "whisper_basic",
    "whisper_basic_diacritics": "whisper_basic",
    "cn_tn": "cn_tn",
    "cn_tn_remove_space": "cn_tn",
    "zhconv_cn": "zhconv_cn",
}


def _none(text: str) -> str:
    return text


@cache
def get(name: str) -> Normalizer:
    """The normaliser called `name`, one of `NORMALIZERS`.

    Raises:
        UnknownNameError: there is no normaliser of this name.
    """
    if name == "none":
        return _none
    if name not in _MODULES:
        from evalkit.core.errors import UnknownNameError

        raise UnknownNameError("normalizer", name, NORMALIZERS)
    normalizer: Normalizer = getattr(import_module(f"evalkit.normalize.{_MODULES[name]}"), name)
    return normalizer


def get_batch(name: str) -> BatchNormalizer:
    """The same for a list of texts: as many results, in the same order.

    Raises:
        UnknownNameError: there is no normaliser of this name.
    """
    normalize = get(name)

    def normalize_all(texts: Sequence[str]) -> list[str]:
        return list(map(normalize, texts))

    return normalize_all
