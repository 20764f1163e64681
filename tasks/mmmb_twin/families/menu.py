"""Menus: dishes with prices in sections; vegetarian ones are marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, Canvas, shade, text_width
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import DISHES, Term
from evalkit.tasks.mmmb_twin.values import money
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

TITLES = (
    "The Blue Heron", "Copper Spoon", "Old Mill Inn", "Casa Verde", "The Lantern", "Harvest Table", "Two Rivers",
    "Salt and Thyme", "The Open Door", "Juniper House", "Cafe Aurora", "The Quiet Fox", "Seven Steps", "Blackbird",
)  # fmt: skip
SECTIONS = {"soup": "Soups", "main": "Mains", "sweet": "Desserts", "drink": "Drinks"}
WORDS = {
    "en": Wording(
        labels=(
            "the place by the harbour", "the bistro next to the museum", "the inn on the hill",
            "the café at the station",
            "the restaurant in the old town", "the place my cousin recommended", "the terrace by the river",
            "the canteen on the ground floor",
        ),
        name="the menu of {label}",
        intros=(
            "This is the menu of {label}.", "I took a picture of the menu of {label}.",
            "Here's what they serve at {label}; this is the menu.", "They handed me this menu at {label}.",
        ),
        remarks=(
            "That's a varied menu, with a bit of everything.", "Nice, the (v) marks the vegetarian dishes.",
            "A compact menu; everything is easy to find on it.", "Thanks, I can read the whole menu.",
        ),
        asks={"price": (
            "What do they charge for the {dish}?", "What's the price of the {dish}?",
            "How much do they want for the {dish}?",
        )},
        says={"price": "the price of the {dish} is {value}"},
    ),
    "zh": Wording(
        labels=(
            "港口边那家店", "博物馆隔壁的小酒馆", "山坡上那家旅馆", "车站里的咖啡馆", "老城区那家餐厅",
            "表哥推荐的那家店",
            "河边的露台餐厅", "一楼食堂",
        ),
        name="{label}的菜单",
        intros=(
            "这是{label}的菜单。", "我拍了{label}的菜单。", "给你看看{label}都卖什么，菜单在图里。",
            "在{label}，他们给了我这份菜单。",
        ),
        remarks=(
            "菜品挺丰富的，各类都有一些。", "看到了，标着 (v) 的是素菜。", "菜单很清楚，一目了然。",
            "好的，菜单上的字都能看清。",
        ),
        asks={"price": ("{dish}多少钱？", "{dish}卖什么价？", "点一份{dish}要花多少？")},
        says={"price": "{dish}的价格是{value}"},
    ),
}  # fmt: skip


def price(world: World, low: float, high: float) -> float:
    """A price in steps of ten cents, not yet seen in this dialogue."""
    for _ in range(200):
        value = world.draws.integer(int(low * 10), int(high * 10)) / 10
        if world.claim("price", value):
            return value
    raise ValueError("no price left")


def make(world: World, *, dishes: Sequence[Term] = (), prices: Mapping[str, float] | None = None) -> Picture:
    """A menu.

    Args:
        world: of the dialogue.
        dishes: some that must be on it.
        prices: of dishes, by English name, where they are given.
    """
    draws, words = world.draws, WORDS[world.language]
    sections: list[list[Any]] = []
    ranges = {"soup": (4, 9.9), "main": (11, 27.9), "green": (10, 21.9), "sweet": (4, 9.5), "drink": (2.5, 6.9)}
    for section, title in SECTIONS.items():
        items: list[list[Any]] = []
        for kind, size in {"soup": (("soup", 2),), "main": (("main", 3), ("green", 2))}.get(section, ((section, 2),)):
            wanted = [dish for dish in dishes if dish in DISHES[kind]]
            free = [dish for dish in DISHES[kind] if dish not in wanted]
            for dish in [*wanted, *draws.sample(free, max(0, size - len(wanted)))]:
                given = (prices or {}).get(dish.en)
                items.append([dish.en, price(world, *ranges[kind]) if given is None else given, kind == "green"])
        sections.append([title, draws.shuffled(items)])
    spec = {
        "title": world.one("menu title", TITLES), "currency": world.currency, "sections": sections,
        "look": draws.integer(0, 3), "accent": draws.integer(0, len(MUTED) - 1),
    }  # fmt: skip
    terms = {term.en: term for kind in DISHES.values() for term in kind}
    listed = [
        (terms[dish], money(cost, world.currency, world.language)) for _, items in sections for dish, cost, _ in items
    ]
    facts = [
        words.fact(
            f"price:{dish.en}", "price", answer, choices=60, rivals=others([value for _, value in listed], answer),
            dish=dish.en.lower() if world.language == "en" else dish.zh,
        )
        for dish, answer in listed
    ]  # fmt: skip
    return picture(world, "menu", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A printed page in one of four styles."""
    accent = MUTED[spec["accent"]]
    paper = ((252, 249, 240), (255, 255, 255), (36, 44, 52), (244, 240, 250))[spec["look"]]
    ink = (240, 238, 230) if spec["look"] == 2 else (44, 40, 40)
    page = Canvas(500, 660, paper)
    page.box(12, 12, 476, 636, None, accent, 3, round=12 if spec["look"] % 2 else 0)
    page.bold(250, 50, spec["title"], 34, accent if spec["look"] != 2 else (230, 196, 110), "mm")
    page.text(250, 84, f"all prices in {spec['currency']}   (v) = vegetarian", 14, ink, "mm")
    y = 112.0
    for title, items in spec["sections"]:
        page.bold(44, y, title, 21, shade(accent, 1.4) if spec["look"] == 2 else accent)
        page.line([(44, y + 28), (456, y + 28)], accent, 1)
        y += 36
        for dish, cost, green in items:
            label = f"{dish} (v)" if green else dish
            page.text(52, y, label, 19, ink)
            figure = f"{cost:.2f}"
            page.text(452, y, figure, 19, ink, "ra")
            start, end = 52 + text_width(label, 19) + 8, 452 - text_width(figure, 19) - 8
            for x in range(int(start), int(end), 8):
                page.oval(x, y + 17, 1, 1, ink)
            y += 28
        y += 12
    return page.finished()
