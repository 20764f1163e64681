"""Till receipts: items, total, time of day and the last digits of the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, Canvas, photographed
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.menu import price
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import GOODS
from evalkit.tasks.mmmb_twin.values import clock, code, money
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

SHOPS = (
    "MILLER & SONS", "KOVAC", "LINDQVIST", "BARTOLI", "GREENWAY", "CORNER 24", "PAPERMOON", "NORTHSIDE STORES",
    "OSMAN BROS",
    "MAXWELL'S", "UNION DEPOT", "SUNDAY GOODS", "DE VRIES", "FOXGLOVE",
)  # fmt: skip
WORDS = {
    "en": Wording(
        labels=(
            "the big store on the ring road", "the shop opposite the church", "the store at the junction",
            "the stop on the way home", "the shopping with my dad", "the Saturday errands", "the shop next to the gym",
            "the quick run before lunch", "the store my neighbour told me about",
        ),
        name="the receipt from {label}",
        intros=(
            "Here's the receipt from {label}.", "I found the receipt from {label} in my pocket.",
            "This is the receipt from {label}.", "I'm filing my paperwork; this is the receipt from {label}.",
        ),
        remarks=(
            "Got it, the receipt is easy to read.", "Thanks, a tidy little receipt.",
            "I see the items and the total on it.",
            "Good idea to keep those receipts.",
        ),
        asks={
            "total": ("What is the total?", "What's the sum at the bottom?", "What does it add up to?"),
            "price": (
                "How much was paid for the {item}?", "What's the price of the {item}?",
                "How much did they charge for the {item}?",
            ),
            "card": (
                "What are the last four digits of the card?", "Which four digits does the card number end with?",
                "What does the card number on it end in?",
            ),
            "time": (
                "What time was it printed?", "At what time did the till print it?", "What time of day does it show?",
            ),
        },
        says={
            "total": "the total is {value}", "price": "the price of the {item} was {value}",
            "card": "the card number ends in {value}",
            "time": "it was printed at {value}",
        },
    ),
    "zh": Wording(
        labels=(
            "环路边大卖场", "教堂对面那家店", "路口那家店", "回家路上顺道采购", "跟爸爸逛街", "周末采购",
            "健身房旁边那家店",
            "午饭前那趟采购", "邻居介绍的那家店",
        ),
        name="{label}的小票",
        intros=(
            "这是{label}的小票。", "我在口袋里翻到了{label}的小票。", "给你看{label}的小票。",
            "我在整理票据，这张是{label}的小票。",
        ),
        remarks=(
            "收到，小票很清楚。", "好的，这张小票挺整齐。", "看到了，上面有商品和合计。", "把小票留着是个好习惯。",
        ),
        asks={
            "total": ("合计是多少？", "总价一共多少？", "最后总共多少钱？"),
            "price": ("{item}花了多少钱？", "{item}的价格是多少？", "买{item}付了多少？"),
            "card": ("卡号后四位是什么？", "付款卡的尾号是多少？", "上面写的卡尾号是哪四位？"),
            "time": ("是几点打印的？", "小票上的时间是几点？", "结账是在几点几分？"),
        },
        says={
            "total": "合计是{value}", "price": "{item}花了{value}", "card": "卡号后四位是{value}",
            "time": "打印时间是{value}",
        },
    ),
}  # fmt: skip


def make(world: World, *, leave_out: tuple[str, ...] = (), wanted: tuple[str, ...] = (), size: int = 0) -> Picture:
    """A receipt.

    Args:
        world: of the dialogue.
        leave_out: English names of goods that must not be on it.
        wanted: those that must.
        size: number of items; 3 to 6 where 0.
    """
    draws, words = world.draws, WORDS[world.language]
    terms = {term.en: term for term in GOODS}
    free = [term.en for term in GOODS if term.en not in (*leave_out, *wanted)]
    size = size or draws.integer(3, 6)
    chosen = draws.shuffled([*wanted, *draws.sample(free, max(0, size - len(wanted)))])
    items: list[list[Any]] = [[name, price(world, 1.5, 24.9)] for name in chosen]
    total = round(sum(cost for _, cost in items), 2)
    minutes = draws.integer(9 * 60, 20 * 60 + 59)
    card = f"{draws.integer(1000, 9999)}"
    spec = {
        "shop": world.one("shop", SHOPS), "items": items, "total": total, "time": minutes, "card": card,
        "day": draws.integer(1, 28), "month": world.month, "currency": world.currency, "look": draws.integer(0, 7),
        "tilt": round(draws.between(-4, 4), 2),
    }  # fmt: skip
    language = world.language
    amounts = [money(total, world.currency, language), *(money(cost, world.currency, language) for _, cost in items)]
    facts = [
        words.fact("total", "price", amounts[0], choices=200, rivals=others(amounts, amounts[0]), ask="total"),
        words.fact("card", "code", code(card), choices=9000, ask="card"),
        words.fact("time", "time", clock(minutes, language), choices=700),
    ]
    for (name, _), answer in zip(items, amounts[1:], strict=True):
        item = name.lower() if language == "en" else terms[name].zh
        facts.append(
            words.fact(f"price:{name}", "price", answer, choices=150, rivals=others(amounts, answer), item=item)
        )
    return picture(world, "receipt", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A slip of paper on a table."""
    items = spec["items"]
    page = Canvas(330, 260 + 30 * len(items), (253, 253, 250))
    page.bold(165, 34, spec["shop"], 25, anchor="mm")
    page.text(
        165,
        62,
        f"{spec['day']:02d}/{spec['month']:02d}   {spec['time'] // 60:02d}:{spec['time'] % 60:02d}",
        17,
        anchor="mm",
    )
    page.text(22, 82, "-" * 46, 16, (120, 120, 120))
    y = 106
    for name, cost in items:
        page.text(24, y, name, 18)
        page.text(306, y, f"{cost:.2f}", 18, anchor="ra")
        y += 30
    page.text(22, y, "-" * 46, 16, (120, 120, 120))
    page.bold(24, y + 24, f"TOTAL {spec['currency']}", 22)
    page.bold(306, y + 24, f"{spec['total']:.2f}", 22, anchor="ra")
    page.text(24, y + 62, f"card **** **** **** {spec['card']}", 17)
    for bar in range(52):
        thick = 1 + (spec["time"] * 7 + bar * bar * 13 + spec["day"]) % 3
        page.box(40 + bar * 4.8, y + 96, thick, 34, (30, 30, 30))
    return photographed(page.finished(), MUTED[spec["look"]], spec["tilt"])
