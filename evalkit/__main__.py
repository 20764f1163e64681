"""`python -m evalkit`."""

from evalkit.cli.main import entry

entry()
