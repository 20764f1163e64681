"""A package that stands in for qa_metrics, as unkind as it: noisy, greedy for the network, silent about what failed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from evalkit.metrics.pedant import package

WORDS = "seine rhine"  # what its "classifier" takes for the same thing
MODULE = '''
"""Stands in for qa_metrics.pedant."""
import os, pickle

FOLDER = os.path.join(os.path.dirname(__file__), "classifier")
FILES = {files!r}


def download_link(file, url, name):
    with open(os.path.join(os.path.dirname(__file__), "downloads.log"), "a") as log:
        log.write(file + "\\n")
    with open(file, "wb") as out:
        out.write(b"whatever the branch holds today")


class PEDANT:
    def __init__(self):
        print("Loading Classifier...")
        try:
            for name in FILES:
                download_link(os.path.join(FOLDER, name), "https://example.invalid/" + name, "PANDA model")
        except:
            pass
        self.same = pickle.loads(open(os.path.join(FOLDER, FILES[0]), "rb").read())
        for name in FILES[1:]:
            open(os.path.join(FOLDER, name), "rb").close()

    def evaluate(self, reference, candidate, question):
        assert isinstance(reference, list) and isinstance(candidate, str)
        for text in (*reference, candidate, question):
            assert text == text.lower(), text
        strip = lambda text: " ".join("".join(c for c in text if c.isalnum() or c == " ").split())
        for one in reference:
            if strip(one) in strip(candidate):
                return True
        if {empty} and not candidate:
            return False
        return any(set(self.same.split()) >= {{strip(one), strip(candidate)}} for one in reference)
'''


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: str = "0.2.17", weights: bytes | None = b"", name: str = ""
) -> Path:
    """Put the package on the path; returns its folder. None for weights that were never fetched."""
    import pickle

    root = folder / f"qa_metrics-{version}{name}"
    inner = root / "qa_metrics"
    (inner / "classifier").mkdir(parents=True)
    files = package.WEIGHTS.get(version, package.WEIGHTS["0.2.17"])
    text = MODULE.format(files=files, empty=version != "0.2.17")
    (inner / "__init__.py").write_text("print('importing')\n")
    (inner / "pedant.py").write_text(text)
    about = root / f"qa_metrics-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: qa_metrics\nVersion: {version}\n")
    for file in files if weights is not None else ():
        (inner / "classifier" / file).write_bytes(weights or pickle.dumps(WORDS))
    forget(monkeypatch)
    monkeypatch.syspath_prepend(str(root))
    importlib.invalidate_caches()
    return inner


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing had been loaded."""
    for module in [one for one in sys.modules if one.partition(".")[0] == "qa_metrics"]:
        monkeypatch.delitem(sys.modules, module)
    package.classifier.cache_clear()
