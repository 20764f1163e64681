"""The accepted-answer rule: numbers, units, clocks and Chinese numerals by meaning; several candidates are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import DataError
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics.answers.occurrence import occurs
from evalkit.metrics.answers.values import tokens
from evalkit.tasks.mmmb_twin.answers.reading import read_answer
from evalkit.tasks.mmmb_twin.answers.scorer import accepted_answer

COLOURS = ["red", "blue", "green", "pink", "hot pink"]
SAME = [
    ("25 euros", ["twenty-five euros", "25.00 EUR", "€25", "EUR 25" , "二十五欧元", "25欧", "It's 25."]),
    ("105", ["one hundred and five", "a hundred and five", "一百零五", "105.0", "there are 105 of them"]),
    ("1250 km", ["1,250 km", "1250 kilometres", "1250公里", "一千二百五十公里"]),
    ("23%", ["23 percent", "百分之二十三", "twenty-three %"]),
    ("17°C", ["17 degrees", "17 °C", "17℃", "十七度", "17摄氏度"]),
    ("-4°C", ["-4 degrees", "\u22124°C", "是-4度", "It says -4.", "minus 4 degrees", "4 degrees below zero", "零下4度",
               "零下四度", "负4摄氏度"]),
    ("24 sq m", ["24 m²", "24 square metres", "24平方米", "24平米", "24 sq. m", "24 sqm"]),
    ("67.50 euros", ["67 euros and 50 cents", "67,50 €", "67.5 EUR", "67欧元5角"]),
    ("7:25", ["07:25", "7:25 am", "七点二十五分", "7点25分", "7：25", "25 past 7", "twenty-five past seven"]),
    ("19:30", ["7:30 pm", "7:30 p.m.", "晚上七点半", "half past 7 pm is 19:30", "我看了：19:30。", "星期三19:30关门"]),
    ("20:45", ["8:45 PM", "下午8点45分", "晚上八点三刻", "8:45 in the evening", "8.45 pm", "20h45",
               "quarter to nine in the evening"]),
    ("14:00", ["2 pm", "2 p.m.", "下午两点", "14点"]),
    ("the 26th", ["26", "November 26th", "on the 26th of November", "the twenty-sixth"]),
    ("November 26", ["26 November", "Nov 26", "the 26th of November, 2025", "11月26日", "十一月二十六号"]),
    ("K7-309", ["k7-309", "The code is K7-309."]),
    ("14C", ["seat 14C", "14 C"]),
    ("potted plants", ["a potted plant", "Potted plant."]),
    ("红色", ["是红色的。", "紅色", "红色"]),
    ("星期三", ["星期三", "在星期三。"]),
    ("The Night Owls", ["night owls", "**The Night Owls**", "It was \u201cThe Night Owls\u201d!"]),
]  # fmt: skip
OTHER = [
    ("3", ["13", "3.5", "30", "3:05", "three hundred", "十三", "-3"]),
    ("5 km", ["5 miles", "5 kg", "15 km", "5.5 km", "五英里"]),
    ("25 euros", ["25 dollars", "$25", "25美元", "125 euros", "25.50 euros"]),
    ("7:25", ["19:25", "7:25 pm", "7:52", "7.25", "17:25"]),
    ("20:45", ["8:45", "8:45 am"]),
    ("17°C", ["17°F", "-17°C", "7°C", "零下17度", "minus 17"]),
    ("24 sq m", ["24 sq ft", "24 square feet"]),
    ("November 26", ["26 December", "November 2", "11月6日", "October 26"]),
    ("红色", ["粉红", "棕色", "红"]),
    ("pink", ["pinkish", "pin"]),
]


@pytest.mark.parametrize(("wording", "answers"), SAME, ids=[wording for wording, _ in SAME])
def test_other_wordings_of_the_same_value_are_right(wording: str, answers: list[str]) -> None:
    assert [answer for answer in answers if not read_answer(answer, [wording]).right] == []


@pytest.mark.parametrize(("wording", "answers"), OTHER, ids=[wording for wording, _ in OTHER])
def test_other_values_are_wrong(wording: str, answers: list[str]) -> None:
    assert [answer for answer in answers if read_answer(answer, [wording]).right] == []


@pytest.mark.parametrize(
    ("answer", "wording", "others"),
    [
        ("It was red, not blue.", "red", COLOURS),
        ("It moved from Tuesday to Thursday.", "Thursday", ["Tuesday", "Friday"]),
        ("Originally Monday; it is Wednesday now.", "Wednesday", ["Monday"]),
        ("I first thought blue. The answer is red.", "red", COLOURS),
        ("12.40 + 30.10 = 42.50", "42.50", []),
        ("There are 3 mugs: 2 red ones and 1 blue one.", "3", []),
        ("原来是周一，后来改到周三。", "周三", ["周一"]),
        ("是红色的，而不是蓝色。", "红色", ["蓝色"]),
        ("The hot pink one.", "hot pink", COLOURS),
        ("The one with 3 seats: 3.", "3", ["1", "2"]),
        ("我再看了一遍：9度。", "9度", ["1度", "2度"]),
        ("It was one.", "1", ["2", "3"]),
        ("Of the three forecasts the lowest is 9°C.", "9°C", ["3°C", "12°C"]),
        ("三份预报里最低是9度", "9度", ["3度"]),
        ("Looking at the four menus it is 6.40.", "6.40", ["4", "5.10"]),
        ("Platform 14, in 3 minutes", "14", ["3", "7"]),
        ("一个", "1", ["2", "3"]),
        ("half past one", "1:30", ["2:30"]),
        ("Between the 9:40 and the 9:55, so it is the 9:55.", "9:55", ["9:40"]),
    ],
)
def test_a_rival_may_be_named_to_be_dismissed(answer: str, wording: str, others: list[str]) -> None:
    reading = read_answer(answer, [wording], others)
    assert reading.right
    assert not reading.several


@pytest.mark.parametrize(
    ("answer", "wording", "others"),
    [
        ("red, blue, green", "red", COLOURS),
        ("It's red or blue.", "red", []),
        ("red/blue", "red", []),
        ("either red or green", "red", COLOURS),
        ("It is red. It is blue.", "red", COLOURS),
        ("2, 3, 4", "3", []),
        ("3-4 mugs", "3", []),
        ("周一或者周三", "周三", []),
        ("红色还是蓝色", "红色", []),
        ("The price of A is 4.40. The price of B is 6.20.", "4.40", ["6.20"]),
    ],
)
def test_several_candidates_are_wrong_and_flagged(answer: str, wording: str, others: list[str]) -> None:
    reading = read_answer(answer, [wording], others)
    assert not reading.right
    assert reading.several


def test_a_bare_number_beside_one_with_a_unit_has_that_unit() -> None:
    assert read_answer("67.50", ["67.50 euros", "67.50"]).right
    assert not read_answer("67.50 dollars", ["67.50 euros", "67.50"]).right
    assert read_answer("5 minutes", ["5"]).right


def test_a_day_of_another_month_is_wrong_where_the_month_is_known() -> None:
    accepted = ["the 26th", "November 26"]
    assert read_answer("On November 26", accepted).right and read_answer("on the 26th", accepted).right
    assert not read_answer("On December 26", accepted).right


@pytest.mark.parametrize(
    "answer",
    ["24+35=11", "24加35，一共11。", "They come to 24: 11, 35.", "一共24（35、11）。", "35 + 11 = 24"],
)
def test_a_conclusion_with_another_number_is_wrong_though_the_answer_stands_elsewhere(answer: str) -> None:
    assert not read_answer(answer, ["35"]).right


def test_what_holds_now_is_told_from_what_held_before() -> None:
    now, before = ("harp",), ("ukulele",)
    swapped = "She started with the harp and plays the ukulele now."
    told = "She started with the ukulele and plays the harp now."
    assert read_answer(told, now, before).right and not read_answer(swapped, now, before).right
    assert read_answer(told, before, now, former=True).right
    assert not read_answer(swapped, before, now, former=True).right


@pytest.mark.parametrize(
    ("answer", "wording"),
    [("not red", "red"), ("It wasn't red", "red"), ("不是红色", "红色"), ("", "red"), ("no idea", "red")],
)
def test_denied_or_absent_is_wrong_and_offers_nothing(answer: str, wording: str) -> None:
    reading = read_answer(answer, [wording])
    assert (reading.right, reading.matched, reading.several) == (False, None, False)


def test_the_longest_candidate_is_the_one_that_was_meant() -> None:
    assert not read_answer("hot pink", ["pink"], COLOURS).right
    assert not read_answer("粉红色", ["红色", "红"], ["粉红色"]).right


def test_a_wording_among_the_alternatives_stays_accepted() -> None:
    assert read_answer("violet", ["purple", "violet"], ["violet", "blue"]).right


@given(st.integers(0, 99_999))
def test_chinese_numerals_read_back_as_their_value(number: int) -> None:
    from evalkit.normalize.chinese_numbers import read_number

    (token,) = tokens(read_number(str(number)))
    assert (token.kind, token.value) == ("number", number)


@given(st.text(max_size=60), st.text(alphabet="abc 123三。,or", max_size=30))
def test_any_text_can_be_read(answer: str, wording: str) -> None:
    reading = read_answer(answer, [wording, "7"], ["8"])
    assert not (reading.right and reading.several)
    assert not reading.right or reading.matched is not None


@given(st.sampled_from([wording for wording, _ in SAME]))
def test_every_wording_is_found_in_itself_and_in_a_sentence(wording: str) -> None:
    assert read_answer(wording, [wording]).right
    assert occurs(f"I think it says {wording} there", [wording])


def answered(text: str, reference: object, **meta: object) -> Answered:
    return Answered("s1", "all", reference, Response(text=text), meta=meta)


def test_scores_are_counts_with_flags() -> None:
    rule = accepted_answer()
    right, wrong, several = rule.score(
        [
            answered("thirteen", ["13"]),
            answered("14", ["13"]),
            answered("12, 13", ["13"], alternatives=["12"]),
        ]
    )
    assert (right.faithful, right.detail) == ({"correct": (1, 1)}, {"matched": "13"})
    assert (wrong.faithful, wrong.flags) == ({"correct": (0, 1)}, ())
    assert (several.faithful, several.flags) == ({"correct": (0, 1)}, ("several_candidates",))
    assert rule.identity() == {"rule": 2}


def test_questions_for_what_held_before_say_so_in_the_data() -> None:
    told = "She started with the ukulele and plays the harp now."
    later, former = accepted_answer().score(
        [
            answered(told, ["ukulele"], alternatives=["harp"]),
            answered(told, ["ukulele"], alternatives=["harp"], former=True),
        ]
    )
    assert (later.faithful, former.faithful) == ({"correct": (0, 1)}, {"correct": (1, 1)})


@pytest.mark.parametrize(
    ("reference", "meta"), [(None, {}), (["red", 3], {}), ([], {}), ("...", {}), (["red"], {"alternatives": "blue"})]
)
def test_references_nobody_could_look_for_are_refused_before_a_model_is_asked(reference: object, meta: dict) -> None:
    with pytest.raises(DataError, match="s1"):
        accepted_answer().check(Sample("s1", (), reference, meta=meta))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("I don't think it was red.", False),
        ("It can't be red.", False),
        ("I doubt that it is red.", False),
        ("我不认为是红色。", False),
        ("I don't think it was blue, it was red.", True),
        ("It can't be blue; it is red.", True),
        ("Without a doubt it is red.", True),
        ("I don't think anything changed; it is red.", True),
    ],
)
def test_what_is_not_believed_is_no_answer(answer: str, right: bool) -> None:
    assert read_answer(answer, ["red", "红色"], COLOURS).right is right
