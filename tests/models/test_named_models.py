"""Models by one word, wherever a model is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.model_words import read_word
from evalkit.models.local.checkpoint_choice import choose_model


def test_words() -> None:
    assert read_word("pocketsphinx", "--asr") == ("pocketsphinx", {})
    assert read_word("openai:gpt-4o-mini", "--llm") == ("openai", {"model": "gpt-4o-mini"})
    url = "http://127.0.0.1:8000/v1"
    assert read_word(f"openai-compatible,base_url={url},model=a", "--llm") == (
        "openai-compatible", {"base_url": url, "model": "a"}
    )  # fmt: skip
    chosen = choose_model("openai:gpt-4o")
    assert (chosen.name, dict(chosen.arguments), chosen.shown) == ("openai", {"model": "gpt-4o"}, None)


@pytest.mark.parametrize("word", ["constant,text", "constant,=x", "constant,text=a,text=b", "openai:a,model=b"])
def test_words_that_cannot_be_read(word: str) -> None:
    with pytest.raises(UsageError, match="KEY=VALUE"):
        read_word(word, "--llm")


def test_the_command_line_takes_them(main: Callable[..., Any]) -> None:
    done = main("run", "--model", "constant,text=MISTER", "--task", "asr_demo:clean", "--limit", "2", "--json")
    assert done.code == 0 and done.json[0]["model_arguments"] == {"text": "MISTER"}
    done = main("run", "--model", "constant,text=a", "--model-arg", "text=b", "--task", "asr_demo")
    assert done.code == 2 and "text" in done.err
