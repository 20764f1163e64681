"""Language codes: data sets and toolkits spell a language in many ways, evalkit in one."""

from __future__ import annotations

from functools import cache

from evalkit.core.errors import EvalkitError, UnknownNameError


class UnsupportedLanguageError(EvalkitError):
    """The official program behind a profile has no rule for the language."""


# First the 19 languages of the FLEURS average that omni-model reports print, then those of the other FLEURS
# configurations, Common Voice and multilingual synthesis sets.
_CODES = """
    ar yue zh nl en fr de id it ja ko ms pt ru es th tr ur vi
    af am as ast az be bg bn bs ca ceb ckb cs cy da el eo et eu fa ff fi fil ga gl gu ha he hi hr hu hy ig
    is jv ka kam kea kk km kn ky la lb lg ln lo lt luo lv mi mk ml mn mr mt my nb ne nn no nso ny oc om or
    pa pl ps ro sd si sk sl sn so sq sr su sv sw ta te tg uk umb uz wo xh yo zu
"""
_KNOWN = frozenset(_CODES.split())

_ALIASES = {
    "cmn": "zh", "zho": "zh", "chi": "zh", "cn": "zh", "chinese": "zh", "mandarin": "zh",
    "cantonese": "yue",
    "eng": "en", "english": "en",
    "jpn": "ja", "jp": "ja", "japanese": "ja",
    "kor": "ko", "kr": "ko", "korean": "ko",
    "ara": "ar", "arb": "ar", "arabic": "ar",
    "nld": "nl", "dut": "nl", "dutch": "nl",
    "fra": "fr", "fre": "fr", "french": "fr",
    "deu": "de", "ger": "de", "german": "de",
    "ind": "id", "indonesian": "id",
    "ita": "it", "italian": "it",
    "msa": "ms", "may": "ms", "zsm": "ms", "malay": "ms",
    "por": "pt", "portuguese": "pt",
    "rus": "ru", "russian": "ru",
    "spa": "es", "spanish": "es",
    "tha": "th", "thai": "th",
    "tur": "tr", "turkish": "tr",
    "urd": "ur", "urdu": "ur",
    "vie": "vi", "vietnamese": "vi",
}  # fmt: skip


@cache
def canonical(code: str) -> str:
    """The code evalkit uses for a language.

    Accepts ISO 639-1 and 639-3 codes with or without script and region (``zh-CN``, ``cmn_hans_cn``,
    ``yue_hant_hk``, ``en_us``, ``es_419``) and the English names of the 19 FLEURS languages.

    Args:
        code: language code or name; case does not matter.

    Returns:
        One of the two- or three-letter codes, for example "zh", "yue" or "en".

    Raises:
        UnknownNameError: nobody knows the language.
        EvalkitError: ``zh-HK`` and ``zh-MO`` mean Mandarin in some data sets and Cantonese in others.
    """
    base, *rest = code.strip().lower().replace("_", "-").split("-")
    if base in {"zh", "zho", "chi"} and "yue" in rest:
        return "yue"
    if base == "zh" and not {"hk", "mo"}.isdisjoint(rest):
        raise EvalkitError(f"language '{code}' is ambiguous: say 'yue' for Cantonese or 'zh' for Mandarin")
    base = _ALIASES.get(base, base)
    if base not in _KNOWN:
        raise UnknownNameError("language", code, _KNOWN)
    return base
