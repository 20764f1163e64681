"""Codes and names of languages (ISO 639): whoever names a language in another way means the same one."""

from __future__ import annotations

import pytest

from evalkit.metrics.languages import UNSPACED, canonical
from evalkit.metrics.yes_no import COGNITION, PERCEPTION

# two letters: codes of ISO 639-2/T, 639-2/B and 639-3, and the English name
SAME = {
    "zh": "cmn zho chi cn chinese mandarin", "yue": "cantonese", "en": "eng english", "ja": "jpn jp japanese",
    "ko": "kor kr korean", "ar": "ara arb arabic", "nl": "nld dut dutch flemish", "fr": "fra fre french",
    "de": "deu ger german", "id": "ind in indonesian", "it": "ita italian", "ms": "msa may zsm malay",
    "pt": "por portuguese", "ru": "rus russian", "es": "spa spanish castilian", "th": "tha thai", "tr": "tur turkish",
    "ur": "urd urdu", "vi": "vie vietnamese", "jv": "jw javanese", "fil": "tl tgl tagalog filipino", "he": "iw hebrew",
    "yi": "ji yiddish", "ro": "mo romanian moldavian moldovan", "lo": "lao", "my": "mya bur myanmar burmese",
    "km": "khm khmer", "bo": "bod tib tibetan", "az": "aze azj azerbaijani", "pl": "polish", "uk": "ukrainian",
    "hi": "hindi", "el": "greek", "cs": "czech", "sv": "swedish", "fa": "persian", "ca": "catalan valencian",
    "ps": "pashto pushto", "pa": "punjabi panjabi", "si": "sinhala sinhalese", "lb": "luxembourgish letzeburgesch",
}  # fmt: skip


@pytest.mark.parametrize("code", SAME)
def test_other_names_of_a_language(code: str) -> None:
    assert canonical(code) == code
    for name in SAME[code].split():
        assert canonical(name) == code, name
        assert canonical(name.upper()) == code, name
    assert canonical("haitian creole") == "ht"


def test_languages_without_spaces_count_characters() -> None:
    assert {"zh", "yue", "ja", "th", "lo", "my", "km", "bo"} <= UNSPACED
    assert not {"ko", "vi", "en", "ar", "hi"} & UNSPACED


def test_the_subtasks_of_mme() -> None:
    """The evaluation program's own table: ten of perception (2,000 points), four of cognition (800)."""
    assert PERCEPTION == (
        "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"
    )  # fmt: skip
    assert COGNITION == ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning")
