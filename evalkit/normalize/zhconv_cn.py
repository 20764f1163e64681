"""Traditional -> simplified Chinese with zhconv's table for mainland China.

``zh-cn`` replaces regional words as well as characters, so its output differs from OpenCC's ``t2s``.
"""

from __future__ import annotations

import zhconv


def zhconv_cn(text: str) -> str:
    """Return ``zhconv.convert(text, "zh-cn")``."""
    converted: str = zhconv.convert(text, "zh-cn")
    return converted
