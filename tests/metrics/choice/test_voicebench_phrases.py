"""VoiceBench's list of turns of phrase: every one is read, and none is changed unseen."""

from __future__ import annotations
