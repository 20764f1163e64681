"""Lists that stand in a cell as a program printed them."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.printed_lists import printed_list

TEXTS = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=12), min_size=1, max_size=5)


@given(TEXTS)
def test_what_python_prints(texts: list[str]) -> None:
    assert printed_list(str(texts)) == texts


@given(TEXTS)
def test_what_numpy_prints(texts: list[str]) -> None:
    cell = "[" + "\n ".join(map(repr, texts)) + "]"
    assert printed_list(cell) == texts
    if len(texts) > 1:
        assert ast.literal_eval(cell) == ["".join(texts)], "what a plain reading makes of it"


@pytest.mark.parametrize(
    "cell",
    ["", "[]", "Rome", "'Rome'", "[Rome]", "['Rome'", "['Rome', 3]", "['a'] + ['b']", "[b'a']", "{'a'}", "[f'a']"],
)
def test_what_is_no_list_of_texts(cell: str) -> None:
    with pytest.raises(ValueError, match="expected a list of texts"):
        printed_list(cell)
