"""Characters that show nothing of their own: no error may come of them."""

from __future__ import annotations

import re

# Code points that Unicode lets programs ignore (Default_Ignorable_Code_Point: variation selectors, joiners, zero-width
# spaces, fillers, tags), marks that enclose (keycaps), and control characters that are no white space.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\u0488\u0489\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672]"
)


def without_invisible(text: str) -> str:
    """Delete what shows nothing; nothing takes its place."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)
