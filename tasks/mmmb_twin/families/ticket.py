"""Tickets: where to, when, seat, price, booking code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.tasks.mmmb_twin.canvas import MUTED, WHITE, Canvas, shade
from evalkit.tasks.mmmb_twin.facts import Picture
from evalkit.tasks.mmmb_twin.families.menu import price
from evalkit.tasks.mmmb_twin.families.wording import Wording, picture
from evalkit.tasks.mmmb_twin.terms import CITIES, Term
from evalkit.tasks.mmmb_twin.values import MONTHS, code, day_of_month, money
from evalkit.tasks.mmmb_twin.world import World

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = {
    "en": Wording(
        labels=(
            "the outward trip", "the way back", "my sister", "the weekend after", "the spare booking", "my father",
            "the school trip", "the second leg",
        ),
        name="the ticket for {label}",
        intros=(
            "This is the ticket for {label}.", "Here's the ticket for {label}.",
            "I just printed the ticket for {label}.",
            "They mailed me the ticket for {label}.",
        ),
        remarks=(
            "Have a good trip.", "All the details are on it.", "I can read everything on the ticket.",
            "Looks like a proper ticket.",
        ),
        asks={
            "seat": ("Which seat is reserved?", "What's the seat?", "Which seat does it give?"),
            "price": ("What did it cost?", "What fare is printed on it?", "How much was the fare?"),
            "code": (
                "What is the booking code?", "Which booking code is on it?", "What's the reference for the booking?",
            ),
            "date": ("For which day of the month is it?", "On what date is it valid?", "What date is on it?"),
            "city": ("What destination is on it?", "Which city does it go to?", "Where does it take the passenger?"),
        },
        says={
            "seat": "the seat is {value}", "price": "the fare was {value}", "code": "the booking code is {value}",
            "date": "it is for {value}", "city": "it goes to {value}",
        },
    ),
    "zh": Wording(
        labels=("去程", "回程", "妹妹", "下个周末", "备用", "父亲", "学校出游", "第二段行程"),
        name="{label}的车票",
        intros=(
            "这是{label}的车票。", "给你看{label}的车票。", "我刚打印了{label}的车票。",
            "他们把{label}的车票寄来了。",
        ),
        remarks=("祝旅途愉快。", "信息都在上面了。", "车票上的内容都能看清。", "挺正规的车票。"),
        asks={
            "seat": ("座位号是多少？", "订的是哪个座位？", "上面的座位是几号？"),
            "price": ("票价是多少？", "花了多少钱？", "上面印的票价是多少？"),
            "code": ("订单码是什么？", "上面的预订码是多少？", "预订编号是什么？"),
            "date": ("是几号的票？", "票上的日期是几号？", "哪一天有效？"),
            "city": ("目的地是哪里？", "这是去哪个城市的？", "票上写的到达城市是哪儿？"),
        },
        says={
            "seat": "座位是{value}", "price": "票价是{value}", "code": "订单码是{value}", "date": "日期是{value}",
            "city": "目的地是{value}",
        },
    ),
}  # fmt: skip


def make(world: World, *, city: Term | None = None) -> Picture:
    """A railway ticket.

    Args:
        world: of the dialogue.
        city: its destination.
    """
    draws, words, language = world.draws, WORDS[world.language], world.language
    goal = city or draws.pick(CITIES[:-8])
    fare = price(world, 18, 98)
    letters = "".join(draws.sample("ABCDEFGHKLMNPRSTUVWXYZ", 3))
    spec: dict[str, Any] = {
        "to": goal.en, "from": draws.pick([term for term in CITIES[:-8] if term is not goal]).en,
        "day": draws.integer(1, 28), "month": world.month, "coach": draws.integer(2, 19),
        "seat": f"{draws.integer(11, 98)}{draws.pick('ABCDF')}", "price": fare, "currency": world.currency,
        "code": f"{letters}-{draws.integer(100, 999)}", "paint": draws.integer(0, len(MUTED) - 1),
    }  # fmt: skip
    facts = [
        words.fact("seat", "seat", code(spec["seat"]), choices=440),
        words.fact("price", "price", money(fare, world.currency, language), choices=800),
        words.fact("code", "code", code(spec["code"]), choices=9000),
        words.fact("date", "date", day_of_month(spec["day"], world.month, language), choices=28),
        words.fact("city", "city", goal.answer(language), choices=20),
    ]
    return picture(world, "ticket", words, spec, facts)


def draw(spec: Mapping[str, Any]) -> Image:
    """A card with a stub."""
    paint = MUTED[spec["paint"]]
    canvas = Canvas(640, 270, (226, 226, 222), scale=2)
    canvas.box(14, 14, 612, 242, WHITE, shade(paint, 0.8), 2, round=16)
    canvas.box(14, 14, 612, 52, paint, round=16)
    canvas.box(14, 46, 612, 20, paint)
    canvas.bold(34, 40, "RAIL TICKET", 25, WHITE, "lm")
    canvas.text(606, 40, spec["code"], 23, WHITE, "rm")
    for y in range(72, 252, 10):
        canvas.line([(470, y), (470, y + 5)], (150, 150, 150), 1)
    cells = (
        (34, 82, "from", spec["from"]), (250, 82, "to", spec["to"]),
        (34, 140, "date", f"{spec['day']} {MONTHS[spec['month'] - 1]}"),
        (250, 140, "coach", str(spec["coach"])), (360, 140, "seat", spec["seat"]), (34, 198, "class", "2nd"),
        (250, 198, "fare", f"{spec['currency']} {spec['price']:.2f}"), (490, 82, "seat", spec["seat"]),
        (490, 140, "coach", str(spec["coach"])),
    )  # fmt: skip
    for x, y, title, value in cells:
        canvas.text(x, y, title, 14, (120, 120, 126))
        canvas.text(x, y + 17, value, 24)
    for bar in range(24):
        canvas.box(490 + bar * 5, 206, 1 + (spec["coach"] * 5 + bar * bar * 3 + spec["day"]) % 4, 38, (40, 40, 40))
    return canvas.finished()
