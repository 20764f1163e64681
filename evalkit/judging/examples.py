"""Examples in a rubric that are verdicts themselves: a judge that copies one has judged nothing.

Rubrics show the form of a reply with placeholders ("score": <integer 1-5>), which no parser reads. Where a body holds
an example all the same, replies that repeat it are flagged.
"""

from __future__ import annotations

import re

from evalkit.core import thinking
from evalkit.judging.outputs import UnreadableError
from evalkit.judging.parsing import PARSERS, Reading
from evalkit.judging.rubric import PLACEHOLDER, Rubric

_LONGEST = 60  # characters of a line that shows a form
_LAST = 8  # lines at the end of a body, where the form of the reply is asked for
_PIECES = (re.compile(r"\{[^{}]*\}"), re.compile(r"\[\[[^\[\]]*\]\]"))
_LEVEL = re.compile(r"[-*\s]*\d+(?:\.\d+)?\s*[-:–—.)=]")  # "3: neutral" describes a point of the scale


class Examples:
    """The passages of a rubric's body that its parser reads as a proper verdict.

    Args:
        rubric: whose body is looked through.
    """

    def __init__(self, rubric: Rubric) -> None:
        self.found: dict[str, Reading] = {}
        parser = PARSERS[rubric.parse]
        self._worded = any(output.kind == "text" for output in rubric.output)
        for passage in _passages(PLACEHOLDER.sub("", rubric.body)):
            try:
                reading = parser.read(passage, rubric.output, rubric.pattern)
            except UnreadableError:
                continue
            if reading.doubt is None:
                self.found[_plain(passage)] = reading

    def copied(self, reply: str, reading: Reading) -> bool:
        """True for a reply that is an example, or that repeats one, reasons and all."""
        if not self.found:
            return False
        if _plain(thinking.split(reply).answer) in self.found:
            return True
        return self._worded and any(example.values == reading.values for example in self.found.values())


def _passages(body: str) -> list[str]:
    found = [piece for pattern in _PIECES for piece in pattern.findall(body)]
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    for line in lines[-_LAST:]:
        sentence = " " in line and line.endswith((".", ":", "。", "："))
        if len(line) <= _LONGEST and not sentence and not _LEVEL.match(line) and not any(one in line for one in found):
            found.append(line)
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())
