"""What rules read in the text of a spoken reply: its language, sentences, words, beginning and end."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from evalkit.metrics.answers.values import Token, tokens

_HAN = re.compile(r"[\u3400-\u9fff]")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
_LATIN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_FREQUENT = {
    "en": "the a an of to in is are was you your i it it's i'm that's and for with on at be have has will would can "
    "this that my we they he she not but so just there here what when hello yes no good thank thanks please do does "
    "did done one two all like as or if then than from by about up out over off more most some her his our their its "
    "me him them us who how why where which were been had has may must could should let very well now still too also "
    "only even every each any make take go get know see come say think over into after before never always again oh "
    "okay right don't can't won't because much many own down away back first last next time day sorry sure goodnight",
    "fr": "le la les un une des du de et est sont vous je il elle nous que qui dans pour avec sur ne pas mais au aux "
    "ce cette c'est mon ma votre bonjour oui non merci bien très salut à où j'ai d'accord",
    "es": "el la los las un una unos de del y es son está usted yo él ella que en para con por no pero muy al se me "
    "mi tu su hola sí gracias bien buenos buenas días qué cómo dónde eso este esta",
    "de": "der die das ein eine einen dem den und ist sind sie ich er wir ihr nicht mit auf für von zu im am aber "
    "auch noch schon wie was hallo ja nein danke bitte gut guten es du",
    "it": "il lo la gli le un una di del della e è sono lei io lui noi che in per con su non ma al si mi ciao sì no "
    "grazie bene buongiorno prego questo questa come dove",
    "pt": "o a os as um uma de do da dos das e é são você eu ele ela nós que em para com por não mas ao se me olá sim "
    "obrigado obrigada bem bom boa isso este esta como onde muito",
}
_WORDS = {language: frozenset(words.split()) for language, words in _FREQUENT.items()}

_SHORT = "mr mrs ms dr st prof vs etc no e.g i.e a.m p.m"  # a stop after these ends no sentence
_ABBREVIATED = re.compile(rf"\b({'|'.join(re.escape(word) for word in _SHORT.split())})\.", re.IGNORECASE)
_END = re.compile(r"[!?\u3002\uff01\uff1f\u2026]+|\.+(?=[\s\"'\u201d\u2019)\]]|$)")


_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
)
_NUMERALS = frozenset(_NUMBER_WORDS.split()) | frozenset("零〇一二两三四五六七八九十百千万")


def language_of(text: str) -> str | None:
    """Language of a text: by script, and for Latin letters by frequent words of six languages.

    Returns:
        A code of `evalkit.metrics.languages`; None without letters, or for Latin letters nobody's words are among.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    words = _LATIN.findall(re.sub(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", " ", folded))
    latin = [word for word in words if unicodedata.name(word[0], "").startswith("LATIN")]
    counts = Counter({code: len(script.findall(folded)) for code, script in _SCRIPTS})
    han = len(_HAN.findall(folded))
    if counts["ja"] and counts["ja"] * 5 >= han:
        counts["ja"] += han  # Japanese writes both
    else:
        counts["zh"] = han
    code, most = counts.most_common(1)[0]
    if most > 2 * len(latin):  # a word has about two characters
        return code
    if not latin:
        return None
    latin += [word.partition("'")[0] for word in latin if "'" in word]  # "you'll" tells by "you"
    votes = Counter({language: sum(word in known for word in latin) for language, known in _WORDS.items()})
    (best, count), (_, second) = votes.most_common(2)
    enough = count > second and (count > 1 or best == "en")  # one short word stands in many languages
    return best if enough else None


def sentences(text: str) -> int | None:
    """Number of sentences; None for a text without any mark that ends one (a plain transcript)."""
    marked = _ABBREVIATED.sub(r"\1", text.strip())
    if not _END.search(marked):
        return None
    return sum(any(char.isalnum() for char in piece) for piece in _END.split(marked))


def word_count(text: str, language: str) -> int:
    """Words; for Chinese, characters, a Latin word or a number counting as one."""
    folded = unicodedata.normalize("NFKC", text)
    if language in ("zh", "yue", "ja"):
        characters = re.findall(r"[\u3040-\u30ff\u3400-\u9fff]", folded)
        return len(characters) + len(re.findall(r"[A-Za-z0-9']+", folded))
    return len(re.findall(r"[^\W_]+(?:['\u2019.:,-][^\W_]+)*", folded))


def holds(text: str, wordings: Sequence[str]) -> bool:
    """True when a text holds one of some wordings: by value of numbers and times, or word by word.

    Marks between words do not count. "Six" stands in "half past six" and in "6", not in "thirty-six".
    """
    read, plain = _spoken_tokens(text), _plain(text)
    return any(_held(read, _spoken_tokens(wording)) or _stands(plain, _plain(wording)) for wording in wordings)


def _stands(plain: Sequence[str], wanted: Sequence[str]) -> bool:
    """Word by word; a number word does not stand inside a longer number."""
    size = len(wanted)
    for place in range(len(plain) - size + 1) if size else ():
        if list(plain[place : place + size]) != list(wanted):
            continue
        before, after = plain[place - 1 : place] if place else [], plain[place + size : place + size + 1]
        longer = (wanted[0] in _NUMERALS and set(before) & _NUMERALS) or (
            wanted[-1] in _NUMERALS and set(after) & _NUMERALS
        )
        if not longer:
            return True
    return False


def _spoken_tokens(text: str) -> list[Token]:
    return [token for token in tokens(_ABBREVIATED.sub(r"\1", text)) if token.kind not in ("break", "or")]


def _held(read: Sequence[Token], wanted: Sequence[Token]) -> bool:
    places = range(len(read) - len(wanted) + 1) if wanted else ()
    return any(all(read[place + i].fits(token) for i, token in enumerate(wanted)) for place in places)


def starts(text: str, beginning: str) -> bool:
    """True when a text begins with another; case, punctuation and spaces do not count, words are whole."""
    return _begins(_plain(text), _plain(beginning))


def ends(text: str, ending: str) -> bool:
    """True when a text ends with another; see `starts`."""
    return _begins(_plain(text)[::-1], _plain(ending)[::-1])


def _begins(whole: list[str], part: list[str]) -> bool:
    return bool(part) and whole[: len(part)] == part


def _plain(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|(?:(?![\u3040-\u30ff\u3400-\u9fff])[^\W_])+(?:'[a-z]+)*", folded)
