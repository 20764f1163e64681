"""VoiceBench's list of turns of phrase: every one is read, and none is changed unseen."""

from __future__ import annotations

import hashlib

import pytest

from evalkit.metrics.choice import voicebench_mcq as rule
from evalkit.metrics.choice.metric import Choice
