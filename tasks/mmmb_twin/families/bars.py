"""Bar charts with their values written on the bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import Term
from evalkit.tasks.mmmb_twin.values import count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

CHARTS: dict[str, tuple[Term, ...]] = {
    "Cups sold": (
        Term(
            "Espresso", "浓缩咖啡"), Term("Latte", "拿铁"), Term("Green tea", "绿茶"), Term("Mocha",
            "摩卡"), Term("Chai", "印度奶茶",
        ),
        Term("Cider", "苹果汁"),
    ),
    "Sign-ups": (
        Term(
            "Pottery", "陶艺"), Term("Fencing", "击剑"), Term("Guitar", "吉他"), Term("Drawing",
            "素描"), Term("Spanish", "西班牙语",
        ),
        Term("Sewing", "缝纫"), Term("Coding", "编程"),
    ),
    "Loans": (
        Term(
            "Crime", "侦探小说"), Term("Poetry", "诗集"), Term("Travel", "游记"), Term("Comics",
            "漫画"), Term("History", "历史书",
        ),
        Term("Science", "科普书"),
    ),
    "Harvest in kg": (
        Term(
            "Carrots", "胡萝卜"), Term("Beans", "豆子"), Term("Onions", "洋葱"), Term("Potatoes",
            "土豆"), Term("Kale", "羽衣甘蓝",
        ),
        Term("Peas", "豌豆"),
    ),
    "Visitors": (
        Term("Aviary", "鸟舍"), Term("Aquarium", "水族馆"), Term("Greenhouse", "温室"), Term("Planetarium", "天文馆"),
        Term("Butterfly hall", "蝴蝶馆"), Term("Zoo", "动物园"),
    ),
}  # fmt: skip
WORDS = {
    "en": Wording(
        labels=(
            "the spring quarter", "the summer quarter", "the autumn quarter", "the winter quarter",
            "the week before the holidays",
            "the opening week", "the first half of the year", "the anniversary month",
        ),
        name="the bar chart for {label}",
        intros=(
            "Here's the bar chart for {label}.", "They sent me the bar chart for {label}.",
            "This is the bar chart for {label} from the slides.", "I made a bar chart for {label}; here it is.",
        ),
        remarks=(
            "The values are written above the bars, handy.", "Clear chart, thanks.", "I see the bars and their labels.",
            "Interesting spread between the bars.",
        ),
        asks={"value": (
            "What value does it give for {category}?", "How high is the bar for {category}?",
            "What number stands above the bar for {category}?",
        )},
        says={"value": "the bar for {category} stands at {value}"},
    ),
    "zh": Wording(
        labels=("春季", "夏季", "秋季", "冬季", "放假前那周", "开业那周", "上半年", "周年庆当月"),
        name="{label}的柱状图",
        intros=(
            "这是{label}的柱状图。", "他们把{label}的柱状图发给我了。", "幻灯片里{label}的柱状图在这儿。",
            "我做了{label}的柱状图，你看看。",
        ),
        remarks=("数值都标在柱子上，挺方便。", "图很清楚，谢谢。", "柱子和名称我都看到了。", "各项差别挺明显的。"),
        asks={"value": ("{category}那一项是多少？", "{category}的柱子有多高？", "{category}上面标的数字是多少？")},
        says={"value": "{category}是{value}"},
    ),
}  # fmt: skip


def make(world: World, *, chart: str | None = None, wanted: tuple[Term, ...] = ()) -> Picture:
    """A bar chart.

    Args:
        world: of the dialogue.
        chart: title, one of CHARTS.
        wanted: categories that must be in it.
    """
    draws, words = world.draws, WORDS[world.language]
    title = chart or draws.pick(tuple(CHARTS))
    free = [term for term in CHARTS[title] if term not in wanted]
    shown = draws.shuffled([*wanted, *draws.sample(free, 5 - len(wanted))])
    values = world.take("bar value", list(range(18, 240)), len(shown))
    spec = {
        "title": title, "bars": [[term.en, value] for term, value in zip(shown, values, strict=True)],
        "paint": draws.integer(0, len(MUTED) - 1), "mixed": draws.chance(0.5), "flat": draws.chance(0.4),
    }  # fmt: skip
    answers = [count(value, world.language) for value in values]
    facts = [
        words.fact(
            f"value:{term.en}", "number", answer, choices=200, rivals=others(answers, answer), ask="value",
            category=term.say(world.language),
        )
        for term, answer in zip(shown, answers, strict=True)
    ]  # fmt: skip
    return picture(world, "bars", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Upright or lying bars."""
    canvas = Canvas(620, 420, (250, 250, 252))
    canvas.bold(310, 28, spec["title"], 26, anchor="mm")
    top = max(value for _, value in spec["bars"]) * 1.12
    number = len(spec["bars"])
    for place, (name, value) in enumerate(spec["bars"]):
        paint = MUTED[(spec["paint"] + (place if spec["mixed"] else 0)) % len(MUTED)]
        if spec["flat"]:
            y, length = 66 + place * 66, 400 * value / top
            canvas.text(140, y + 20, name, 17, anchor="rm")
            canvas.box(150, y, length, 40, paint, shade(paint, 0.7))
            canvas.text(156 + length, y + 20, str(value), 19, anchor="lm")
        else:
            wide = 520 / number
            x, length = 60 + place * wide, 290 * value / top
            canvas.box(x + wide * 0.16, 372 - length, wide * 0.68, length, paint, shade(paint, 0.7))
            canvas.text(x + wide / 2, 364 - length, str(value), 19, anchor="mb")
            canvas.text(x + wide / 2, 390, name, 16, anchor="mm")
    if spec["flat"]:
        canvas.line([(150, 56), (150, 400)])
    else:
        canvas.line([(50, 372), (590, 372)])
        canvas.line([(50, 60), (50, 372)])
    return canvas.finished()
