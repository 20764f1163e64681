"""Models made from one word; see `evalkit.core.model_words`."""

from __future__ import annotations

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.core.model_words import read_word


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
