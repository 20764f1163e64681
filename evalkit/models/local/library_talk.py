"""What the libraries of local models say beside an answer: kept off stderr, unless somebody asked to hear it.

Who asks says so in the libraries' own words: TRANSFORMERS_VERBOSITY for what transformers logs, PYTHONWARNINGS (or
`python -W`) for what goes through Python's warnings.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

_LIBRARIES = r"(torch|transformers|transformers_modules|tokenizers|huggingface_hub|accelerate|peft|funasr)(\.|$)"
_CALLERS = r"evalkit\.(models\.local|model_adapters)(\.|$)"  # warnings of a library are often laid at its caller's door


def quieten(package: str, module: Any) -> None:
    """Keep what a library warns of, and its bars where nobody watches, away from stderr from here on.

    Args:
        package: name it was imported by.
        module: what the import gave.
    """
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module=_LIBRARIES)
        for kind in (UserWarning, FutureWarning):
            warnings.filterwarnings("ignore", category=kind, module=_CALLERS)
    if package != "transformers":
        return
    talk = module.utils.logging
    # A program that has chosen a level of its own keeps it.
    if "TRANSFORMERS_VERBOSITY" not in os.environ and talk.get_verbosity() == logging.WARNING:
        talk.set_verbosity_error()
    if not sys.stderr.isatty():
        talk.disable_progress_bar()
