"""The corpora of the recognition tasks, made by their tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tasks"))
