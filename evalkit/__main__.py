"""`python -m evalkit`, which looks for modules in the current folder first; from here on nothing does."""

import sys

if sys.path and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from evalkit.cli.main import entry

entry()
