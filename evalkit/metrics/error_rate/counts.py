"""Error counts: what alignments of reference and hypothesis tokens add up to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors of one pair, or their sum over pairs.

    Args:
        substitutions: reference tokens recognised as another token.
        deletions: reference tokens without counterpart.
        insertions: hypothesis tokens without counterpart.
        tokens: reference tokens.
    """

    substitutions: int
    deletions: int
    insertions: int
    tokens: int

    @property
    def errors(self) -> int:
        """Edit distance: substitutions + deletions + insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def hypothesis_tokens(self) -> int:
        """Tokens of the hypothesis; follows from the others."""
        return self.tokens - self.deletions + self.insertions

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.tokens + other.tokens,
        )
