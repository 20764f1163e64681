"""British -> American spelling, word by word, as the Whisper English normaliser does it."""

from __future__ import annotations

from functools import cache


@cache
def american_spellings() -> dict[str, str]:
    """The 1,739 pairs, British -> American, of the list published with openai/whisper (english.json)."""
    from evalkit.normalize.spelling_table import LITERALS, PRODUCTS, SINGLES

    pairs = dict(LITERALS)
    british = american = ""
    for row in PRODUCTS.split("\n"):
        if row.startswith("@"):
            british, american = map(_piece, row[1:].split())
        elif row:
            stems, tails = (side.split() for side in row.split("|"))
            for stem in map(_piece, stems):
                for tail in map(_piece, tails):
                    pairs[stem + british + tail] = stem + american + tail
    for single in SINGLES.split():
        before, after = single.split("=")
        pairs[before] = after
    return pairs


def _piece(written: str) -> str:
    return "" if written == "-" else written
