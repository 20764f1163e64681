"""The drawing of intervals: what lies where."""

from __future__ import annotations

from evalkit.cli.interval_plot import Bar, interval_plot

NAME = len("longer name") + 2


def lines(*bars: Bar) -> list[str]:
    return interval_plot(bars, 1, "worse", "better", columns=41).split("\n")


def test_one_scale_for_all_bars_and_zero_in_its_place() -> None:
    first, second, scale, label = lines(Bar("longer name", 1.0, -1.0, 3.0), Bar("b", -1.0, -1.0, -0.5))
    # 41 columns from -1.0 to +3.0: ten columns are one point, zero is the eleventh.
    assert first[NAME:] == "(---------:---------o-------------------)"
    assert second[:NAME] == "b" + " " * (NAME - 1)
    assert second[NAME:] == "o----)    :"
    assert scale[NAME:] == "-1.0      0                          +3.0"
    assert label[NAME:] == "    worse | better"


def test_an_interval_on_one_side_keeps_zero_in_view() -> None:
    bar, scale, label = lines(Bar("longer name", 2.0, 1.0, 4.0))
    assert bar[NAME:] == ":         (---------o-------------------)"
    assert scale[NAME:] == "0                                    +4.0"
    assert label[NAME:] == "| better"
    bar, scale, label = lines(Bar("longer name", -2.0, -4.0, -1.0))
    assert bar[NAME:] == "(-------------------o---------)         :"
    assert label[NAME:] == " " * 34 + "worse | better"


def test_no_difference_and_no_interval() -> None:
    bar, *_ = lines(Bar("longer name", 0.0, 0.0, 0.0))
    assert bar[NAME:] == "o"
    bar, *_ = lines(Bar("longer name", 1.0, None, None))
    assert bar[NAME:] == ":" + " " * 39 + "o"


def test_wide_characters_keep_the_bars_aligned() -> None:
    first, second, *_ = lines(Bar("模型", 1.0, 0.0, 2.0), Bar("abcd", 1.0, 0.0, 2.0))
    assert first.replace("模型", "abcd") == second
