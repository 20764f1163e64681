"""What a written answer shows before anybody reads it: nothing there, cut at its bound, the bound spent on thinking."""

from __future__ import annotations

from evalkit.core.response import Response

EMPTY, TRUNCATED, THOUGHT_AWAY = "empty_answer", "truncated_answer", "bound_spent_thinking"


def flags(response: Response) -> tuple[str, ...]:
    """What the summary counts of an answer, whatever scores it; nothing of a failed one."""
    if response.failure is not None:
        return ()
    usage = response.usage or {}
    empty = response.audio is None and not (response.text or "").strip()
    truncated = bool(usage.get("truncated"))
    thought = bool(response.thought) or bool(usage.get("reasoning_tokens"))
    raised = {EMPTY: empty, TRUNCATED: truncated, THOUGHT_AWAY: empty and truncated and thought}
    return tuple(name for name, so in raised.items() if so)
