"""VQA soft accuracy: an answer counts as much as people gave it, after the answer processing of the VQA challenge.

Sources: facebookresearch/mmf (EvalAI's processor, which lmms-eval uses for TextVQA) and VLMEvalKit
vlmeval/dataset/utils/vqa_eval.py (the older processor), with their faults: a full stop goes before anything but a
digit, and only the first 32 of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARTICLES = frozenset({"a", "an", "the"})
_COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: str(number) for number, word in enumerate(_COUNTED)} | {"none": "0"}
_MARKS = ';/[]"{}()=+\\_-><@`,?!'
_FULL_STOP = re.compile(r"\.(?!\d)")
_FULL_STOPS = 32
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_AGREEING = 3  # people whose answer makes it wholly right

# Words that the processors write with their apostrophes again; each may lack one of them.
_CONTRACTIONS = """
    ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've
    he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've
    o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's
    someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've
    there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's
    what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
    wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've
"""
_WRITTEN = {
    word[:at] + word[at + 1 :]: word for word in _CONTRACTIONS.split() for at, mark in enumerate(word) if mark == "'"
} | {"somebody'd": "somebodyd"}  # as the processors have it


def processed(answer: str, evalai: bool = True) -> str:
    """An answer without case, articles, most punctuation; number words up to ten as digits.

    Args:
        answer: as written.
        evalai: first drop commas and question marks, and set "'s" apart.
    """
    if evalai:
        answer = answer.lower().replace(",", "").replace("?", "").replace("'s", " 's")
    answer = answer.replace("\n", " ").replace("\t", " ").strip()
    answer = without_marks(answer)
    words = (_NUMBERS.get(word, word) for word in answer.lower().split())
    return " ".join(_WRITTEN.get(word, word) for word in words if word not in _ARTICLES)


def soft_accuracy(references: Sequence[str], response: str, evalai: bool = True) -> float:
    """Mean over the people of min(1, others who gave the answer / 3).

    Args:
        references: one answer of each person, equal ones repeated; ten in TextVQA.
        response: the answer.
        evalai: as in `processed`.
    """
    given = processed(response, evalai)
    same = [processed(reference, evalai) == given for reference in references]
    agreeing = sum(same)
    return sum(min(1.0, (agreeing - one) / _AGREEING) for one in same) / len(same)


def without_marks(text: str) -> str:
    """Marks go; one that touches no space leaves a space, unless the answer has a number with a comma."""
    glued = _COMMA_IN_NUMBER.search(text) is not None
    out = text
    for mark in _MARKS:
        if mark in text:
            out = out.replace(mark, "" if glued or mark + " " in text or " " + mark in text else " ")
    return _FULL_STOP.sub("", out, count=_FULL_STOPS)
