"""Text as XML 1.0 can hold it."""

from __future__ import annotations

import re

# Characters that XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """A text with the replacement character for what XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
