"""Pie charts with a legend of shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import INK, RGB, WHITE, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import Term
from evalkit.tasks.mmmb_twin.values import quantity
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

TOPICS: dict[str, tuple[Term, ...]] = {
    "Household costs": (
        Term(
            "Rent", "房租"), Term("Food", "伙食"), Term("Energy", "水电"), Term("Insurance", "保险"), Term("Leisure",
            "休闲",
        ),
        Term("Savings", "储蓄"),
    ),
    "How people came": (
        Term(
            "On foot", "步行"), Term("Bicycle", "自行车"), Term("Tram", "电车"), Term("Car", "开车"), Term("Train",
            "火车",
        ),
        Term("Ferry", "渡轮"),
    ),
    "Favourite films": (
        Term("Comedy", "喜剧"), Term("Drama", "剧情片"), Term("Thriller", "惊悚片"), Term("Animation", "动画片"),
        Term("Western", "西部片"), Term("Musical", "歌舞片"),
    ),
    "Use of the plot": (
        Term(
            "Lawn", "草坪"), Term("Herbs", "香草"), Term("Fruit trees", "果树"), Term("Flowers", "花卉"), Term("Pond",
            "池塘",
        ),
        Term("Compost", "堆肥"),
    ),
}  # fmt: skip
PAINTS = ("blue", "orange", "green", "purple", "red", "yellow", "grey")
WORDS = {
    "en": Wording(
        labels=(
            "the neighbours' survey", "the annual report", "the club meeting", "last year's brochure",
            "the school project",
            "the town newsletter", "the kick-off talk", "the trainee's presentation",
        ),
        name="the pie chart from {label}",
        intros=(
            "This is the pie chart from {label}.", "Take a look at the pie chart from {label}.",
            "I cut out the pie chart from {label} for you.", "This one is the pie chart from {label}.",
        ),
        remarks=(
            "The legend makes it easy to read.", "A nice round overview.", "I can match every slice with the legend.",
            "Thanks, that's a clear breakdown.",
        ),
        asks={"share": (
            "What share does {category} have?", "How many percent go to {category}?",
            "What percentage is given for {category}?",
        )},
        says={"share": "{category} has {value}"},
    ),
    "zh": Wording(
        labels=("邻里调查", "年度报告", "俱乐部会议", "去年的宣传册", "学校课题", "镇上的简报", "启动会", "实习生汇报"),
        name="{label}里的饼图",
        intros=(
            "这是{label}里的饼图。", "你看一下{label}里的饼图。", "我把{label}里的饼图截出来了。",
            "这张是{label}里的饼图。",
        ),
        remarks=("有图例，很好读。", "总体情况一目了然。", "每一块都能跟图例对上。", "谢谢，划分得很清楚。"),
        asks={"share": ("{category}占百分之几？", "{category}的占比是多少？", "{category}那一块是百分之多少？")},
        says={"share": "{category}占{value}"},
    ),
}  # fmt: skip


def make(world: World) -> Picture:
    """A pie chart of five shares that add up to 100 %."""
    draws, words = world.draws, WORDS[world.language]
    title = draws.pick(tuple(TOPICS))
    shown = draws.sample(TOPICS[title], 5)
    shares = _shares(world)
    spec = {
        "title": title, "slices": [[term.en, share] for term, share in zip(shown, shares, strict=True)],
        "turn": draws.integer(0, 359), "paints": draws.sample(PAINTS, 5),
    }  # fmt: skip
    answers = [quantity(share, "%", "%", world.language) for share in shares]
    facts = [
        words.fact(
            f"share:{term.en}", "percent", answer, choices=40, rivals=others(answers, answer), ask="share",
            category=term.say(world.language),
        )
        for term, answer in zip(shown, answers, strict=True)
    ]  # fmt: skip
    return picture(world, "pie", words, spec, facts)


def _shares(world: World) -> list[int]:
    """Five different shares of at least 6 %."""
    while True:
        cuts = sorted(world.draws.sample(range(6, 95), 4))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        if len(set(shares)) == 5 and min(shares) >= 6:
            return shares


def draw(spec: Mapping[str, Any]) -> Image:
    """The pie, percentages on its slices, the legend at its side."""
    canvas = Canvas(600, 380, (252, 252, 250), scale=2)
    canvas.bold(300, 26, spec["title"], 24, anchor="mm")
    start = float(spec["turn"])
    for place, (name, share) in enumerate(spec["slices"]):
        paint = shade(RGB[spec["paints"][place]], 1.15)
        end = start + 3.6 * share
        canvas.slice(200, 212, 145, start, end, paint)
        middle = math.radians((start + end) / 2)
        canvas.text(
            200 + 104 * math.cos(middle),
            212 + 104 * math.sin(middle),
            f"{share}%",
            20,
            INK if spec["paints"][place] == "yellow" else WHITE,
            "mm",
        )
        canvas.box(390, 110 + place * 44, 24, 24, paint)
        canvas.text(424, 122 + place * 44, name, 19, anchor="lm")
        start = end
    return canvas.finished()
