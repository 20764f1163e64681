"""Models by one word: NAME, NAME:MODEL for providers, each with ",KEY=VALUE" for further arguments.

A value may be several addresses ("openai-compatible:qwen,base_url=http://a:8000/v1,http://b:8000/v1") or a JSON object.
"""

from __future__ import annotations

from evalkit.core.errors import UsageError


def read_word(word: str, option: str) -> tuple[str, dict[str, str]]:
    """Registered name and constructor arguments that a word names.

    Args:
        word: such as "pocketsphinx", "openai:gpt-4o-mini", "openai-compatible,base_url=http://localhost:8000/v1".
        option: where the word was given, for error messages.

    Raises:
        UsageError: a word that cannot be read.
    """
    named, *pairs = _whole_values(word.split(","))
    registered, colon, provided = named.partition(":")
    given = {"model": provided} if colon else {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or key in given:
            raise UsageError(f"{option} {word}: expected NAME[:MODEL][,KEY=VALUE]..., and '{pair}' is no new KEY=VALUE")
        given[key] = value
    return registered, given


def _whole_values(pieces: list[str]) -> list[str]:
    """Pieces of a word, those joined that are one value: addresses of a fleet (base_url=U1,U2), a JSON object."""
    found: list[str] = []
    for piece in pieces:
        address = piece.startswith(("http://", "https://"))
        if found and "=" in found[-1] and (address or found[-1].count("{") > found[-1].count("}")):
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    return found
