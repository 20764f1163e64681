"""Handwritten notes: shopping lists with quantities, and a code at the bottom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import Canvas, Colour, font
from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.wording import Wording, others, picture
from evalkit.tasks.mmmb_twin.terms import GOODS as ALL_GOODS
from evalkit.tasks.mmmb_twin.values import code, count
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

GOODS = tuple(term for term in ALL_GOODS if term.en in {
    "Light bulbs", "Wall hooks", "Picture frame", "Storage tub", "Notebook", "Marker pens", "Paper cups", "Candles",
    "String lights", "Trail map", "Water bottle", "Bread rolls", "Plums", "Oat milk", "Honey", "Rye bread",
    "Goat cheese",
    "Tablecloth", "Desk lamp", "Wood glue",
})  # fmt: skip
TITLES = ("To get", "Don't forget", "Shopping", "For the weekend", "List", "Needed", "Please bring")
CODES = ("Locker", "Gate code", "Order no.", "Ref", "Garage")
CODES_ZH = {"Locker": "储物柜", "Gate code": "大门密码", "Order no.": "订单号", "Ref": "编号", "Garage": "车库密码"}
CODES_EN = {
    "Locker": "locker code", "Gate code": "gate code", "Order no.": "order number", "Ref": "reference",
    "Garage": "garage code",
}  # fmt: skip
WORDS = {
    "en": Wording(
        labels=(
            "my grandmother", "my flatmate", "the caretaker", "my brother-in-law", "the lady next door", "my boss",
            "the event team", "my daughter", "the landlord",
        ),
        name="the handwritten note from {label}",
        intros=(
            "I found this handwritten note from {label}.", "Can you make out the handwritten note from {label}?",
            "Here's the handwritten note from {label}.",
            "This is the handwritten note from {label} that was on the table.",
        ),
        remarks=(
            "The handwriting is a bit shaky, but legible.", "Yes, I can decipher it.",
            "Charming handwriting, I can read it.",
            "I can read every line of it.",
        ),
        asks={
            "number": (
                "What quantity is noted for the {item}?", "What number is written next to the {item}?",
                "What number comes before the {item} on the list?",
            ),
            "code": (
                "What is the {code} at the bottom?", "What {code} is written down there?", "What's the {code} on it?",
            ),
        },
        says={"number": "the quantity for the {item} is {value}", "code": "the {code} is {value}"},
    ),
    "zh": Wording(
        labels=("奶奶", "室友", "物业师傅", "姐夫", "隔壁阿姨", "领导", "活动小组", "女儿", "房东"),
        name="{label}手写的便条",
        intros=(
            "我看到了{label}手写的便条。", "{label}手写的便条你认得出来吗？", "这是{label}手写的便条。",
            "桌上放着{label}手写的便条，拍给你看。",
        ),
        remarks=("字有点歪，不过能认出来。", "能看清，没问题。", "字迹挺有意思，都认得。", "每一行都能读出来。"),
        asks={
            "number": ("{item}要几份？", "{item}旁边写的数量是多少？", "清单上{item}的数量是几？"),
            "code": ("最下面的{code}是什么？", "上面写的{code}是多少？", "便条上的{code}是什么？"),
        },
        says={"number": "{item}的数量是{value}", "code": "{code}是{value}"},
    ),
}  # fmt: skip


def make(world: World, *, wanted: tuple[str, ...] = (), size: int = 0) -> Picture:
    """A list of goods with quantities.

    Args:
        world: of the dialogue.
        wanted: English names of goods that must be on it.
        size: lines; 4 to 6 where 0.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    terms = {term.en: term for term in GOODS}
    size = size or draws.integer(4, 6)
    free = [term.en for term in GOODS if term.en not in wanted]
    goods = draws.shuffled([*wanted, *draws.sample(free, size - len(wanted))])
    numbers = draws.sample(range(2, 25), size)
    label = world.one("note code", CODES)
    secret = f"{draws.pick('BCDFGHJKLMNPRSTVWXZ')}{draws.integer(2, 9)}-{draws.integer(100, 999)}"
    spec = {
        "title": draws.pick(TITLES), "lines": [[item, number] for item, number in zip(goods, numbers, strict=True)],
        "code": [label, secret], "paper": draws.integer(0, 3), "ink": draws.integer(0, 2),
        "hand": draws.integer(0, 10**6),
    }  # fmt: skip
    answers = [count(number, language) for number in numbers]
    facts = [
        words.fact(
            f"number:{item}", "count", answer, choices=23, rivals=others(answers, answer), ask="number",
            item=item.lower() if language == "en" else terms[item].zh,
        )
        for item, answer in zip(goods, answers, strict=True)
    ]  # fmt: skip
    shown = CODES_EN[label] if language == "en" else CODES_ZH[label]
    facts.append(words.fact("code", "code", code(secret), choices=9000, code=shown))
    return picture(world, "note", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """Uneven letters on lined paper."""
    paper = ((255, 250, 214), (250, 250, 252), (252, 240, 240), (238, 248, 240))[spec["paper"]]
    ink = ((32, 52, 120), (40, 40, 44), (120, 36, 40))[spec["ink"]]
    lines = spec["lines"]
    canvas = Canvas(440, 150 + 48 * (len(lines) + 1), paper)
    for y in range(70, canvas.height, 48):
        canvas.line([(0, y + 34), (440, y + 34)], (196, 206, 224), 1)
    canvas.line([(46, 0), (46, canvas.height)], (232, 150, 150), 1)
    hand = Draws("hand", spec["hand"])
    _written(canvas, hand, 64, 30, spec["title"], 36, ink)
    canvas.line([(60, 72), (60 + 18 * len(spec["title"]), 70)], ink, 2)
    for place, (item, number) in enumerate(lines):
        _written(canvas, hand, 64, 76 + 48 * place, f"{number} x {item}", 30, ink)
    _written(canvas, hand, 64, 88 + 48 * len(lines), f"{spec['code'][0]} {spec['code'][1]}", 30, ink)
    return canvas.finished()


def _written(canvas: Canvas, hand: Draws, x: float, y: float, text: str, size: int, ink: Colour) -> None:
    """Letters, each a little turned and shifted, slanted to the right."""
    from PIL import Image, ImageDraw

    slant = hand.between(0.16, 0.3)
    for char in text:
        wide = font(size).getlength(char)
        if char != " ":
            tile = Image.new("L", (size + 20, size + 24), 0)
            ImageDraw.Draw(tile).text((10, 8), char, 255, font(size + hand.integer(-2, 2)))
            tile = tile.transform(
                tile.size, Image.Transform.AFFINE, (1, slant, -slant * size * 0.7, 0, 1, 0), Image.Resampling.BILINEAR
            )
            tile = tile.rotate(hand.between(-5, 5), Image.Resampling.BILINEAR)
            canvas.image.paste(ink, (int(x) - 10, int(y + hand.between(-2, 2)) - 8), tile)
        x += wide * hand.between(0.94, 1.06) + 0.5
