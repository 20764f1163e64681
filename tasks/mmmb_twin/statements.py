"""Statements of users: first mentions, corrections, and costs, contributions and lists that questions combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.facts import Language, Statement
from evalkit.tasks.mmmb_twin.terms import Term
from evalkit.tasks.mmmb_twin.topic import Topic
from evalkit.tasks.mmmb_twin.topics import TOPICS
from evalkit.tasks.mmmb_twin.world import World

COSTS = (
    Term(
        "tent", "帐篷"), Term("bike repair", "修车"), Term("guitar lessons", "吉他课"), Term("new boiler valve",
        "锅炉阀门",
    ),
    Term(
        "passport photos", "证件照"), Term("garden fence", "花园围栏"), Term("piano tuning",
        "钢琴调音"), Term("roof rack", "车顶架",
    ),
    Term(
        "ski rental", "租滑雪板"), Term("birthday cake", "生日蛋糕"), Term("carpet cleaning",
        "洗地毯"), Term("camping stove", "露营炉",
    ),
)  # fmt: skip
ITEMS = (
    Term(
        "torch", "手电筒"), Term("sunglasses", "墨镜"), Term("phone charger", "充电器"), Term("playing cards",
        "扑克牌",
    ),
    Term(
        "rain jacket", "雨衣"), Term("first-aid kit", "急救包"), Term("binoculars", "望远镜"), Term("swimsuit",
        "泳衣",
    ),
    Term(
        "travel pillow", "颈枕"), Term("sketchbook", "速写本"), Term("wool socks", "羊毛袜"), Term("pocket knife",
        "小刀",
    ),
    Term("thermos", "保温壶", ("thermos flask",)), Term("earplugs", "耳塞"),
)  # fmt: skip
SAYS: Mapping[str, Mapping[Language, tuple[str, ...]]] = {
    "cost": {
        "en": (
            "The {thing} will cost {v}.", "I got a quote for the {thing}: {v}.", "We're paying {v} for the {thing}.",
        ),
        "zh": ("{thing}要花{v}。", "{thing}的报价是{v}。", "{thing}我们要付{v}。"),
    },
    "cost change": {
        "en": ("The {thing} turned out to cost {v} instead.", "They corrected the price of the {thing} to {v}."),
        "zh": ("{thing}的价格变了，改成{v}。", "{thing}他们改报{v}了。"),
    },
    "cost ask": {
        "en": ("How much does the {thing} cost?", "What am I paying for the {thing}?"),
        "zh": ("{thing}要花多少钱？", "{thing}我要付多少？"),
    },
    "chairs": {
        "en": (
            "{p} is bringing {v} folding chairs.", "{p} can lend us {v} folding chairs.",
            "From {p} we get {v} folding chairs.",
        ),
        "zh": ("{p}会带{v}把折叠椅来。", "{p}能借给我们{v}把折叠椅。", "折叠椅{p}那边有{v}把。"),
    },
    "chairs ask": {
        "en": ("How many folding chairs is {p} bringing?", "How many folding chairs do we get from {p}?"),
        "zh": ("{p}带几把折叠椅？", "{p}能提供多少把折叠椅？"),
    },
    "pack": {
        "en": (
            "Put the {thing} on my packing list, please.", "Add the {thing} to my packing list.",
            "The {thing} should go on my packing list.",
        ),
        "zh": ("请把{thing}加到我的行李清单里。", "行李清单上加一个{thing}。", "行李清单里要有{thing}。"),
    },
    "unpack": {
        "en": (
            "Please take the {thing} off my packing list again.",
            "Remove the {thing} from my packing list, I won't need that.",
        ),
        "zh": ("{thing}还是从行李清单里去掉吧。", "行李清单里不要{thing}了，用不上。"),
    },
}  # fmt: skip


def statement(world: World, topic: Topic, *, person: str | None = None) -> Statement:
    """A first mention."""
    words = topic.words[world.language]
    person = person or world.person()
    answer = topic.draw(world)
    return Statement(
        topic=f"{topic.key} {person}" if "{p}" in words.asks[0] else topic.key,
        kind=topic.kind,
        answer=answer,
        says=world.says(words.says, v=answer.text, p=person),
        asks=tuple(ask.format(p=person) for ask in words.asks),
        fact={"value": answer.text, "person": person, "key": topic.key},
    )


def correction(world: World, topic: Topic, first: Statement) -> Statement:
    """A later statement that replaces the value of `first`."""
    words, person = topic.words[world.language], first.fact["person"]
    answer = topic.draw(world)
    while answer.text == first.answer.text:
        answer = topic.draw(world)
    return Statement(
        topic=first.topic,
        kind=topic.kind,
        answer=answer,
        says=world.says(words.changes, v=answer.text, p=person),
        asks=first.asks,
        fact={**first.fact, "value": answer.text},
    )


def asks_before(world: World, topic: Topic, first: Statement) -> str:
    """A question for the value before the correction."""
    return world.says(topic.words[world.language].before, p=first.fact["person"])


def any_statement(world: World, but: Sequence[str] = ()) -> Statement:
    """A statement of a topic not used in this dialogue."""
    return statement(world, world.one("topic", [topic for topic in TOPICS if topic.key not in but]))


def cost(world: World) -> Statement:
    """What something will cost."""
    thing = world.one("cost", COSTS)
    amount = world.one("stated amount", range(21, 199))
    said = thing.say(world.language)
    answer = values.money(amount, world.currency, world.language)
    return Statement(
        topic=f"cost {thing.en}",
        kind="price",
        answer=answer,
        says=world.says(SAYS["cost"][world.language], thing=said, v=answer.text),
        asks=tuple(ask.format(thing=said) for ask in SAYS["cost ask"][world.language]),
        fact={"value": amount, "thing": said},
    )


def cost_change(world: World, first: Statement) -> Statement:
    """Another price for the same thing."""
    amount = world.one("stated amount", range(21, 199))
    answer = values.money(amount, world.currency, world.language)
    return Statement(
        topic=first.topic,
        kind="price",
        answer=answer,
        says=world.says(SAYS["cost change"][world.language], thing=first.fact["thing"], v=answer.text),
        asks=first.asks,
        fact={**first.fact, "value": amount},
    )


def chairs(world: World) -> Statement:
    """How many folding chairs somebody contributes."""
    person, number = world.person(), world.one("chairs", range(4, 29))
    answer = values.count(number, world.language)
    return Statement(
        topic=f"chairs {person}",
        kind="count",
        answer=answer,
        says=world.says(SAYS["chairs"][world.language], p=person, v=number),
        asks=tuple(ask.format(p=person) for ask in SAYS["chairs ask"][world.language]),
        fact={"value": number, "person": person},
    )


def packing(world: World, thing: Term, *, off: bool = False) -> Statement:
    """Something is put on the packing list, or taken off it."""
    said = thing.say(world.language)
    return Statement(
        topic=f"packing {thing.en}",
        kind="item",
        answer=thing.answer(world.language),
        says=world.says(SAYS["unpack" if off else "pack"][world.language], thing=said),
        asks=(),
        fact={"value": said, "off": off, "key": "packing"},
    )
