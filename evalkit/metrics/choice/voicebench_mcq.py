"""VoiceBench's rule for its spoken choice questions (`mmsu`, `openbookqa`): a long list of turns of phrase.

The list states matching facts of MatthewCYM/VoiceBench 5338154 (evaluator/mcq.py, Apache-2.0), @ standing for the
letter; phrases that an earlier one always anticipates are left out. Their order is the rule: the first phrase that
occurs with A, else with B, C or D, wins, wherever it stands. So `" @,"` reads "The vitamin c, which ..." as C, and
`**C**` alone, which no phrase covers, is not read.
"""

from __future__ import annotations

import functools
import re

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import Question

_PHRASES = (
    '答案是@', '答案是 @', '答案是选项@', '答案应该是@', '答案应该是 @', '答案就是选项@', '答案是‘@', '是@：',
    '答案选@', '@是正确', '选项@是最合适的',
    'answer is: **@', 'answer is **@', 'the answer to the question is: **@',
    'the answer to the multiple-choice question is **@', "the answer is '@'", '@ is the best answer',
    'the answer is @', 'the correct answer is @', 'would select @', 'would choose @', 'would select option @',
    'would choose option @', 'is "@"', 'is "@.', 'is: **@)', 'is **@,', 'is **@:', 'is **@)', 'is: **@.',
    'is: **@:', 'is **@.', 'be **@,', 'is: **@**', 'is therefore option **@:', 'is: \n\n**@)', 'as **@:',
    'be **@)', 'be **@:', 'is: \n\n**@**', 'suggests **@)', 'be option **@:', 'with **@)', 'is typically "@)',
    'be to **@)', 'is: \n\n@)', 'is likely to be: **@.', 'is **@ (', 'is option **@**', 'is likely **@**',
    'is:\n**@.', 'is:\n\n**@.', 'would be @', 'would be option @', 'would be (@)', 'would be option (@)',
    'is @,', 'is typically @,', 'is typically @.', "i'd say @.", 'option @.', 'option @:', 'option @,',
    'the answer is:\n**@', 'is @:', 'is @.', 'is: @.', 'is (@)', 'is:\n**@)', 'is likely **@:', 'is the **@)',
    ':\n@.', ':\n@)', ':\n@,', ': \n@.', ':  \n@.', ':\n\n@.', ':\n\n@)', 'is most likely **@:', ':\n\n@,',
    ': \n\n@.', '(@) would be', 'is @)', 'is: @)', 'is:\n\n@:', 'is: **@,', '(option @)', 'select option "@"',
    'is: @', 'is typically **@,', 'is **@**', "is likely '@'", "is option '@'", 'is:\n**@:',
    'is \\( \\boxed{@ ', "would be '@'", 'is the **@** ', 'question is @ (', 'is:\n\n**@)',
    'closest to option **@**', 'is most likely **@)', "the answer to the question is '@'", "known as '@'",
    "is '@)", 'is typically **@:', 'is \\( \\boxed{\\text{@}} \\)', 'is \\( \\text{@) }',
    'is \\( \\text{@} \\)', 'is \\( \\text{@:', 'is \\( \\text{@)', 'is \\(\\text{@.', 'is:\n\n**@',
    'is \\( \\text{@.}', 'is \\( \\text{@.', 'is \\( \\boxed{@}', 'is:\n\\[ \\boxed{\\text{@}}',
    'is:\n\\[ \\text{@)', 'is:\n\n\\[ \\text{@)', 'is \\( \\textbf{@)', 'is \\( \\text{@}',
    'is: \\( \\text{@.', 'corresponds to:\n- **@:', 'would be: **@**.', 'is \\( @ \\)', 'is:\n**@ ',
    'corresponds to option **@**', 'be **@**', 'be: \n\n@)', 'is:\n\\[ \\boxed{@}', 'is:  \n**@:',
    'is: \\( \\text{@)', 'is likely: **@,', 'is } \\mathbf{@.', 'is \\( \\boxed{@)', 'is \\( \\textbf{@}',
    'is \\(@\\)', 'is:\n  \n**@:', 'is option **@ ', 'is:\n\\( \\textbf{@.', 'is \\( \\mathbf{@}',
    'was option **@**', 'is likely "@)', 'option **@:', 'is "@)', 'is most likely **@,', 'is often **@:',
    'is:  \n@)', ' @.', ' @,', ' @:', ' @)', '**@.', '**@)', '"@.', '"@,', '"@:', '(@)', '"@"',
)  # fmt: skip
_SPEAKER_MARKS = ("<1>", "<2>", "<3>")
_PARTS = [(rank, phrase.partition("@")[0], phrase.partition("@")[2]) for rank, phrase in enumerate(_PHRASES)]
_LETTER = re.compile("[abcd]")


def voicebench_mcq(question: Question, response: str) -> str | Lost:
    """The letter of the first phrase that occurs; else of a reply that is a letter, or begins with "c." "c," "c:" "c)".

    Nothing found is a guess among four letters in the official program, which draws it without a seed.
    """
    text = response.lower()
    if text.startswith(_SPEAKER_MARKS):
        text = text[3:].strip()
    best: tuple[int, str] | None = None
    for match in _LETTER.finditer(text):
        at = match.start()
        for rank, before, after in _around(text[at - 1 : at], text[at + 1 : at + 2]):
            if (best is None or (rank, text[at]) < best) and (
                text.startswith(after, at + 1) and text.endswith(before, 0, at)
            ):
                best = rank, text[at]
    if best is not None:
        return best[1].upper()
    if text[:1] in ("a", "b", "c", "d") and text[1:2] in ("", ".", ",", ":", ")"):
        return text[0].upper()
    return Lost.GUESSED


@functools.lru_cache(maxsize=1 << 12)
def _around(before: str, after: str) -> tuple[tuple[int, str, str], ...]:
    """The phrases, split at the letter, that a letter between these two characters may belong to."""
    return tuple(part for part in _PARTS if part[1][-1:] in ("", before) and part[2][:1] in ("", after))
