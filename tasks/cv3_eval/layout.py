"""The folders of CV3-Eval: Kaldi's lists with the words of each prompt, whose language is told by its number alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.source import Row
from evalkit.data.corpora.transcripts import keyed, text_lines
from evalkit.data.layouts import Kaldi

BLOCK = 200
LANGUAGES = ("zh", "en", "ja", "ko")
TOP = "data/cross_lingual_zeroshot"
_NUMBER = re.compile(r"_(\d+)$")


def sources(target: str) -> tuple[str, ...]:
    """Languages of the prompts of a target language, in the order of their blocks."""
    return tuple(language for language in LANGUAGES if language != target)


class CrossLingual(Kaldi):
    """`text`, `prompt_text` and `prompt_wav.scp` of each target language; paths start at the repository's top."""

    def __init__(self) -> None:
        folders = {f"to_{language}": f"{TOP}/to_{language}" for language in LANGUAGES}
        super().__init__(folders, audio="prompt_wav.scp", text=("text",))
        self.describe = f"{TOP}/to_{{{','.join(LANGUAGES)}}}/{{text,prompt_text,prompt_wav.scp}}"

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Lists and recordings."""
        yield from super().files(root, split)
        yield root / self.folders[split] / "prompt_text"

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows with what is said in the prompt, and the language it is said in."""
        path = root / self.folders[split] / "prompt_text"
        prompts = keyed(path, text_lines(path), "what is said in the prompt")
        for row in super().read(root, split):
            if row["id"] not in prompts:
                raise DataError(path, f"there is no line of '{row['id']}', which text has; download the file again")
            yield {**row, "prompt_text": prompts[row["id"]], "source": _source(row["id"], split, path.parent)}


def _source(key: str, split: str, folder: Path) -> str:
    found = _NUMBER.search(key)
    blocks = sources(split.removeprefix("to_"))
    block = (int(found[1]) - 1) // BLOCK if found else -1
    if not 0 <= block < len(blocks):
        raise DataError(
            folder,
            f"the id '{key}' is not NAME_N with N from 1 to {BLOCK * len(blocks)}; the language of a prompt is told "
            "by this number alone",
        )
    return blocks[block]
