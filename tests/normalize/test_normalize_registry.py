"""Names of normalisers, and what looking one up loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from evalkit.core.errors import UnknownNameError
from evalkit.normalize import NORMALIZERS, get, get_batch


def test_unknown_name_is_an_error_that_suggests_the_nearest() -> None:
    for look_up in (get, get_batch):
        with pytest.raises(UnknownNameError, match="whisper_english") as error:
            look_up("whisper_englisch")
        assert error.value.known == sorted(NORMALIZERS)


def test_zhconv_converts_script_and_regional_words() -> None:
    convert = get("zhconv_cn")
    assert convert("佢哋係邊個") == "佢哋系边个"
    assert convert("他說臺灣很美") == "他说台湾很美"
    assert convert("這個軟體") == "这个软件"


def test_the_package_alone_loads_no_table_and_no_zhconv() -> None:
    program = (
        "import sys, evalkit.normalize as n; n.get('none');"
        "loaded = [m for m in sys.modules if m.startswith(('evalkit.normalize.', 'zhconv'))];"
        "n.get('whisper_english');"
        "assert 'evalkit.normalize.spelling_table' not in sys.modules;"
        "print(loaded)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
