"""Every normaliser and tokenizer against what its official program made of our texts (see golden/README.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.normalize import NORMALIZERS, get, get_batch
from evalkit.normalize.sacrebleu_zh import tokenize_13a, tokenize_none, tokenize_zh

GOLDEN = Path(__file__).parent / "golden"
TOKENIZERS = {"tokenize_zh": tokenize_zh, "tokenize_13a": tokenize_13a}
NAMES = sorted(path.stem for path in GOLDEN.glob("*.jsonl"))


def rows(name: str) -> list[tuple[str, str]]:
    with (GOLDEN / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [(row["text"], row["expected"]) for row in map(json.loads, lines)]


def function(name: str) -> Callable[[str], str]:
    return TOKENIZERS.get(name) or get(name)


def test_every_normaliser_of_our_own_has_a_golden_file() -> None:
    assert set(NAMES) == set(NORMALIZERS) - {"none", "zhconv_cn"} | set(TOKENIZERS)
    assert all(len(rows(name)) >= 200 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_equals_the_official_program(name: str) -> None:
    run = function(name)
    differing = [(text, expected, got) for text, expected in rows(name) if (got := run(text)) != expected]
    assert not differing


@pytest.mark.parametrize("name", sorted(NORMALIZERS))
def test_batch_equals_one_by_one_in_any_order(name: str) -> None:
    texts = [text for text, _ in rows(name if name in NAMES else "cn_tn")]
    single = get(name)
    assert get_batch(name)(texts) == [single(text) for text in texts]
    assert get_batch(name)(texts[::-1]) == [single(text) for text in texts][::-1]
    assert get_batch(name)([]) == []


@pytest.mark.parametrize("text", ["", " a ", "Ａ１\n"])
def test_none_changes_nothing(text: str) -> None:
    assert get("none")(text) == tokenize_none(text) == text
