"""Last questions that need only what was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evalkit.tasks.mmmb_twin import statements, values
from evalkit.tasks.mmmb_twin.facts import Language, Piece, Plot, Statement
from evalkit.tasks.mmmb_twin.plots.recall import listed, reminded, rivals_of
from evalkit.tasks.mmmb_twin.terms import EVENTS
from evalkit.tasks.mmmb_twin.topic import Topic
from evalkit.tasks.mmmb_twin.topics import TOPICS
from evalkit.tasks.mmmb_twin.world import World

SUGGESTIONS: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "our quiz team": (
            "The Night Owls", "Fact Hunters", "Brainstorm Express", "Les Quizerables", "The Know-It-Alls",
            "Second Guess", "Trivia Tigers", "Quizzard Storm",
        ),
        "the new rowing boat": (
            "Silver Wake", "Morning Star", "Ripple Runner", "Calypso", "The Heron", "Blue Paddle", "Driftwood",
            "Tidebreaker",
        ),
        "my ceramics label": (
            "Clay & Ember", "Kiln House", "Earthlight", "Small Batch Bowls", "Terra Nova", "Glazed Days",
            "The Potter's Yard", "Mudlark",
        ),
        "the street party band": (
            "Loose Gravel", "Velvet Parade", "The Lampposts", "Echo Lane", "Paper Tigers", "Sunday Drivers",
            "Static Bloom", "Kerbside Union",
        ),
        "the office newsletter": (
            "The Weekly Stapler", "Inbox Stories", "Coffee & Copy", "The Third Floor Post", "Corner Desk",
            "Paper Trail", "Loud and Clear", "The Loop",
        ),
    },
    "zh": {
        "我们的问答队": (
            "夜猫子队", "冷知识小组", "灵光一闪", "百事通", "脑力加油站", "猜不透", "问号联盟", "一问三知",
        ),
        "新划艇": ("银浪", "晨星", "追风号", "白鹭", "蓝桨", "破浪", "浮木", "逐潮"),
        "我的陶艺品牌": ("泥与火", "窑边", "大地微光", "小碗记", "慢土", "釉色时光", "陶然居", "一抔土"),
        "街道派对的乐队": ("碎石路", "丝绒游行", "路灯下", "回声巷", "纸老虎", "周末司机", "静电花", "马路牙子"),
        "公司内刊": ("订书机周报", "收件箱故事", "咖啡与字", "三楼邮报", "角落书桌", "纸上行迹", "有话直说", "圆圈"),
    },
}  # fmt: skip
TEXTS: Mapping[str, Mapping[Language, tuple[str, ...]]] = {
    "suggest": {
        "en": (
            "Can you suggest three names for {what}?", "I need a name for {what}. Three ideas, please?",
            "Give me three possible names for {what}.",
        ),
        "zh": ("能给{what}想三个名字吗？", "{what}还缺个名字，给我三个主意吧。", "帮{what}起三个备选名字。"),
    },
    "suggested": {
        "en": (
            "Here are three: first, {a}; second, {b}; third, {c}.", "How about these? 1. {a} 2. {b} 3. {c}",
            "My ideas: {a} first, then {b}, and finally {c}.",
        ),
        "zh": (
            "想了三个：第一个，{a}；第二个，{b}；第三个，{c}。", "这几个怎么样？1. {a} 2. {b} 3. {c}",
            "我的主意：先是{a}，然后是{b}，最后是{c}。",
        ),
    },
    "suggestion": {
        "en": ("What was the {nth} name you suggested for {what}?", "Which name for {what} did you list {nth}?"),
        "zh": ("你给{what}起的第{nth}个名字是什么？", "{what}的备选名字里，你说的第{nth}个是哪个？"),
    },
    "sum": {
        "en": (
            "What do the {things} come to together?", "How much do I pay for the {things} in total?",
            "If I add up the {things}, how much is that?",
        ),
        "zh": ("{things}加起来一共多少钱？", "{things}总共要付多少？", "把{things}算在一起是多少钱？"),
    },
    "chairs": {
        "en": (
            "How many folding chairs do {people} bring together?",
            "Counting {people}, how many folding chairs do we get?",
        ),
        "zh": ("{people}带来的折叠椅一共多少把？", "把{people}的算上，折叠椅总共有几把？"),
    },
    "gap": {
        "en": ("How much more does the {a} cost than the {b}?", "By how much is the {a} dearer than the {b}?"),
        "zh": ("{a}比{b}贵多少钱？", "{a}比{b}多花多少？"),
    },
    "event": {
        "en": (
            "{event} is on {v} this week.", "This week {event} takes place on {v}.",
            "On {v} there's {event}, this week.",
        ),
        "zh": ("这周{event}在{v}。", "{v}有{event}，就是这周。", "这周的{event}定在{v}。"),
    },
    "earliest": {
        "en": (
            "Of the things I have on this week, which one comes first?",
            "Which of this week's events I told you about is the earliest?",
        ),
        "zh": ("我说的这周几件事里，哪件最早？", "这周的安排里，最先到的是哪一件？"),
    },
    "removed": {
        "en": ("Which thing did I take off my packing list again?", "What did I remove from my packing list?"),
        "zh": ("我后来从行李清单里去掉了什么？", "行李清单里我删掉的是哪样东西？"),
    },
}  # fmt: skip
NTH = {"en": ("first", "second", "third"), "zh": ("一", "二", "三")}


def _topic(world: World, *, wide: bool = True) -> Topic:
    return world.one("topic", [topic for topic in TOPICS if topic.choices >= (12 if wide else 1)])


def stated(world: World, images: int = 0) -> Plot:
    """A value that was stated once; somebody else's value distracts where the topic has persons."""
    topic = _topic(world)
    first = statements.statement(world, topic)
    noise = []
    if first.topic != topic.key:
        noise = [statements.statement(world, topic) for _ in range(world.draws.integer(1, 2))]
    return Plot(
        name="stated", question=reminded(world, first.asks), kind=first.kind, answer=first.answer,
        needed=(Piece(statement=first),), query={"op": "latest", "topic": first.topic},
        rivals=rivals_of(first.answer, *(other.answer for other in noise)), choices=topic.choices,
        noise=tuple(Piece(statement=other) for other in noise),
    )  # fmt: skip


def updated(world: World, images: int = 0) -> Plot:
    """The value that holds after a correction."""
    topic = _topic(world)
    first = statements.statement(world, topic)
    second = statements.correction(world, topic, first)
    return Plot(
        name="updated", question=reminded(world, second.asks), kind=second.kind, answer=second.answer,
        needed=(Piece(statement=second),), query={"op": "latest", "topic": first.topic},
        rivals=rivals_of(second.answer, first.answer), choices=topic.choices, noise=(Piece(statement=first, before=0),),
    )  # fmt: skip


def before_update(world: World, images: int = 0) -> Plot:
    """The value that held before a correction."""
    topic = _topic(world)
    first = statements.statement(world, topic)
    second = statements.correction(world, topic, first)
    return Plot(
        name="before_update", question=reminded(world, (statements.asks_before(world, topic, first),)), kind=first.kind,
        answer=first.answer, needed=(Piece(statement=first), Piece(statement=second)), ordered=True,
        query={"op": "first", "topic": first.topic}, rivals=rivals_of(first.answer, second.answer),
        choices=topic.choices,
    )  # fmt: skip


def suggestion(world: World, images: int = 0) -> Plot:
    """Something the assistant itself proposed."""
    draws, language = world.draws, world.language
    what = draws.pick(tuple(SUGGESTIONS[language]))
    names = draws.sample(SUGGESTIONS[language][what], 3)
    place = draws.integer(0, 2)
    proposal = Statement(
        topic=f"suggestion {what}", kind="proposal", answer=values.name(names[place]),
        says=world.says(TEXTS["suggest"][language], what=what), asks=(),
        reply=world.says(TEXTS["suggested"][language], a=names[0], b=names[1], c=names[2]),
        fact={"value": names, "key": "suggestion"},
    )  # fmt: skip
    others = [values.name(name) for name in names if name != names[place]]
    return Plot(
        name="suggestion",
        question=reminded(world, (world.says(TEXTS["suggestion"][language], what=what, nth=NTH[language][place]),)),
        kind="proposal", answer=proposal.answer, needed=(Piece(statement=proposal),),
        query={"op": "nth", "topic": proposal.topic, "nth": place}, rivals=tuple(others), choices=8,
    )  # fmt: skip


def total(world: World, images: int = 0) -> Plot:
    """The sum of two or three stated costs, one of them corrected later; another cost distracts."""
    draws, language = world.draws, world.language
    costs = [statements.cost(world) for _ in range(draws.integer(2, 3))]
    other = statements.cost(world)
    noise = [Piece(statement=other)]
    if draws.chance(0.5):
        new = statements.cost_change(world, costs[0])
        noise.append(Piece(statement=costs[0], before=0))
        costs[0] = new
    answer = values.money(sum(cost.fact["value"] for cost in costs), world.currency, language)
    wrong = values.money((answer.number or 0) + other.fact["value"], world.currency, language)
    names = [cost.fact["thing"] for cost in costs]
    things = listed(world, [names[0], *(name if language == "zh" else f"the {name}" for name in names[1:])])
    return Plot(
        name="total", question=reminded(world, (world.says(TEXTS["sum"][language], things=things),)), kind="price",
        answer=answer, needed=tuple(Piece(statement=cost) for cost in costs),
        query={"op": "sum", "topics": [cost.topic for cost in costs]}, rivals=(wrong,), choices=300, noise=tuple(noise),
    )  # fmt: skip


def chairs(world: World, images: int = 0) -> Plot:
    """What two or three people contribute together; another one distracts."""
    promised = [statements.chairs(world) for _ in range(world.draws.integer(2, 3))]
    other = statements.chairs(world)
    answer = values.count(sum(one.fact["value"] for one in promised), world.language)
    people = listed(world, [one.fact["person"] for one in promised])
    wrong = values.count(int(answer.number or 0) + other.fact["value"], world.language)
    return Plot(
        name="chairs", question=reminded(world, (world.says(TEXTS["chairs"][world.language], people=people),)),
        kind="count", answer=answer, needed=tuple(Piece(statement=one) for one in promised),
        query={"op": "sum", "topics": [one.topic for one in promised]}, rivals=(wrong,), choices=60,
        noise=(Piece(statement=other),),
    )  # fmt: skip


def gap(world: World, images: int = 0) -> Plot:
    """The difference of two stated costs."""
    language = world.language
    costs = sorted((statements.cost(world) for _ in range(2)), key=lambda cost: -cost.fact["value"])
    other = statements.cost(world)
    answer = values.money(costs[0].fact["value"] - costs[1].fact["value"], world.currency, language)
    question = world.says(TEXTS["gap"][language], a=costs[0].fact["thing"], b=costs[1].fact["thing"])
    return Plot(
        name="gap", question=reminded(world, (question,)), kind="price", answer=answer,
        needed=tuple(Piece(statement=cost) for cost in costs),
        query={"op": "difference", "topics": [cost.topic for cost in costs]}, choices=150,
        noise=(Piece(statement=other),),
    )  # fmt: skip


def earliest(world: World, images: int = 0) -> Plot:
    """Which of three stated events is the first of the week; none is on a Sunday, where weeks begin differently."""
    language = world.language
    days = world.draws.sample(range(6), 3)
    events = world.take("calendar event", EVENTS, 3)
    told = []
    for event, day in zip(events, days, strict=True):
        shown = event.say(language)
        spoken = shown if language == "zh" else f'"{shown}"'
        told.append(
            Statement(
                topic=f"event {event.en}", kind="event", answer=event.answer(language), asks=(),
                says=world.says(TEXTS["event"][language], event=spoken, v=values.weekday(day, language).text),
                fact={"value": shown, "day": day},
            )
        )  # fmt: skip
    first = min(told, key=lambda one: one.fact["day"])
    return Plot(
        name="earliest", question=reminded(world, (world.says(TEXTS["earliest"][language]),)), kind="event",
        answer=first.answer, needed=tuple(Piece(statement=one) for one in told),
        query={"op": "earliest", "topics": [one.topic for one in told]},
        rivals=rivals_of(first.answer, *(one.answer for one in told)), choices=len(EVENTS),
        avoid=("dentist",),
    )  # fmt: skip


def removed(world: World, images: int = 0) -> Plot:
    """What was taken off a list."""
    things = world.take("item", statements.ITEMS, 4)
    gone = statements.packing(world, things[0], off=True)
    put = [Piece(statement=statements.packing(world, things[0]), before=0)]
    put += [Piece(statement=statements.packing(world, thing)) for thing in things[1:3]]
    return Plot(
        name="removed", question=reminded(world, (world.says(TEXTS["removed"][world.language]),)), kind="item",
        answer=gone.answer, needed=(Piece(statement=gone),), query={"op": "removed"},
        rivals=tuple(thing.answer(world.language) for thing in things[1:3]), choices=len(statements.ITEMS),
        noise=tuple(put),
    )  # fmt: skip


# plot -> how often it is taken, relative to the others
PLOTS: dict[Callable[..., Plot], int] = {
    stated: 4, updated: 5, before_update: 2, suggestion: 2, total: 3, chairs: 2, gap: 2, earliest: 2, removed: 2,
}  # fmt: skip
