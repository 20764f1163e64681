"""Models by one word: NAME, NAME:MODEL for providers, each with ",KEY=VALUE" for further arguments."""

from __future__ import annotations

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.model import Model


def read_word(word: str, option: str) -> tuple[str, dict[str, str]]:
    """Registered name and constructor arguments that a word names.

    Args:
        word: such as "pocketsphinx", "openai:gpt-4o-mini", "openai-compatible,base_url=http://localhost:8000/v1".
        option: where the word was given, for error messages.

    Raises:
        UsageError: a word that cannot be read.
    """
    named, *pairs = word.split(",")
    registered, colon, provided = named.partition(":")
    given = {"model": provided} if colon else {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or key in given:
            raise UsageError(f"{option} {word}: expected NAME[:MODEL][,KEY=VALUE]..., and '{pair}' is no new KEY=VALUE")
        given[key] = value
    return registered, given


def named_model(word: str, option: str, *, takes: str = "text", gives: str = "text") -> Model:
    """Make the model a word names; nothing is loaded.

    Raises:
        UnknownNameError: no such model or argument.
        UsageError: a word that cannot be read, or a model that does something else.
    """
    registered, given = read_word(word, option)
    made = plugins.load_model(registered, given)
    if takes not in made.takes or gives not in made.gives:
        raise UsageError(f"{option} {word}: a model is needed that takes {takes} and gives {gives}")
    return made
