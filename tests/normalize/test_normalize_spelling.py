"""The spelling list: exactly the published one."""

from __future__ import annotations

import hashlib

from evalkit.normalize.spelling import american_spellings
from evalkit.normalize.whisper_english import respell, whisper_english

# Over "british<TAB>american" lines in sorted order, computed from the list published with openai/whisper.
PUBLISHED = "ab0e3f7751186c14ccd6cbcbca0b3466db8656eb839d82bfb9b087da80f89a9b"


def test_equals_the_published_list() -> None:
    pairs = american_spellings()
    assert len(pairs) == 1739
    lines = "\n".join(f"{british}\t{american}" for british, american in sorted(pairs.items()))
    assert hashlib.sha256(lines.encode()).hexdigest() == PUBLISHED


def test_words_and_not_parts_of_words_are_respelled() -> None:
    assert respell("the  colour of colourblind aeroplanes") == "the color of colourblind airplanes"
    assert whisper_english("Colour-coded, organised jewellery!") == "color coded organized jewelry"
