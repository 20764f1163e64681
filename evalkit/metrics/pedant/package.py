"""The package qa_metrics: its versions, its weights, and how a classifier is made of them without the network.

Versions decide by different classifiers: of the same SD-QA outputs 0.2.17 accepts 47.74 %, 0.2.30 74.50 %
(MatthewCYM/VoiceBench, issue 11). So a profile is a version, and another one is never taken in its place. The package
fetches its weights from a branch at every start and goes on without them where it cannot; here they are read from the
disk alone, and their hash stands in the identity of the scores.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import sys
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evalkit.core.errors import MissingExtraError, UsageError

PACKAGE = "qa_metrics"
OFFICIAL = "0.2.17"  # what VoiceBench pins, and the extra brings
_FIRST = ("lr_classifier.pkl", "tf-idf_vectorizer.pkl")
WEIGHTS = {"0.2.17": _FIRST, "0.2.42": (*_FIRST, "rule_classifier.pkl", "type_classifier.pkl")}
_LOADING = threading.Lock()


def weights_folder() -> Path | None:
    """Where the installed package keeps its weights; None without the package. Nothing of it is run."""
    found = importlib.util.find_spec(PACKAGE)
    return None if found is None or found.origin is None else Path(found.origin).parent / "classifier"


def weights_hash(wanted: str) -> str | None:
    """Hash of the weights that a version reads; None where one is missing."""
    folder = weights_folder()
    files = [] if folder is None else [folder / name for name in WEIGHTS[wanted]]
    if not files or not all(file.is_file() for file in files):
        return None
    return _hash(tuple((str(file), file.stat().st_mtime_ns) for file in files))


def require(wanted: str) -> None:
    """Whether a version of the package and its weights are there; nothing is loaded.

    Raises:
        MissingExtraError: the package is not installed.
        UsageError: another version is installed, or its weights are missing; what to do.
    """
    folder = weights_folder()
    try:
        installed = version(PACKAGE)
    except PackageNotFoundError:
        installed = ""
    if (folder is None or not installed) and wanted == OFFICIAL:
        raise MissingExtraError(PACKAGE, "pedant", f"the metric pedant:{PACKAGE}_{wanted}")
    if folder is None or installed != wanted:
        there = f"{installed} is installed, which decides otherwise" if installed else "no version is installed"
        raise UsageError(
            f"the metric pedant:{PACKAGE}_{wanted} needs {PACKAGE} {wanted}, and {there}. Install it with: "
            f"pip install '{PACKAGE}=={wanted}'"
        )
    missing = [name for name in WEIGHTS[wanted] if not (folder / name).is_file()]
    if missing:
        raise UsageError(
            f"PEDANT's weights are not there: {', '.join(missing)} in {folder}. Fetch them once, with a network, by: "
            f"{sys.executable} -c 'from {PACKAGE}.pedant import PEDANT; PEDANT()'"
        )


@cache
def classifier(wanted: str) -> Any:
    """The classifier of a version, made once.

    Raises:
        MissingExtraError, UsageError: as `require`, or weights that cannot be read.
    """
    require(wanted)
    with (
        _LOADING,
        contextlib.redirect_stdout(sys.stderr),
    ):  # it prints as it loads, where a command's output may be JSON
        try:
            module: Any = importlib.import_module(f"{PACKAGE}.pedant")
            inner = module.download_link
            module.download_link = lambda *_: None
            try:
                return module.PEDANT()
            finally:
                module.download_link = inner
        except ImportError as error:
            raise MissingExtraError(error.name or PACKAGE, "pedant", f"the package {PACKAGE}") from error
        except Exception as error:  # pickles of another scikit-learn fail in ways of their own
            raise UsageError(
                f"PEDANT's weights in {weights_folder()} cannot be read ({type(error).__name__}: {error}). {PACKAGE} "
                f"{wanted} goes with scikit-learn 1.3.2: pip install 'evalkit-omni[pedant]', and fetch the weights anew"
            ) from error


@cache
def _hash(files: tuple[tuple[str, int], ...]) -> str:
    found = hashlib.blake2b(digest_size=8)
    for name, _ in files:
        found.update(Path(name).read_bytes())
    return found.hexdigest()
