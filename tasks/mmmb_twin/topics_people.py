"""Topics that are about somebody else: {p} is a person."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.terms import CITIES, COLOURS, PLACES
from evalkit.tasks.mmmb_twin.topic import (
    Topic,
    TopicWords,
    a_number,
    a_term,
    a_time,
)  # fmt: skip
from evalkit.tasks.mmmb_twin.topic_terms import INSTRUMENTS, PETS, TREATS

PEOPLE_TOPICS: tuple[Topic, ...] = (
    Topic("landing", "time", a_time, {
        "en": TopicWords(
            (
                "{p}'s plane lands at {v}.", "I'm picking {p} up at the airport; the plane lands at {v}.",
                "{p} arrives by plane at {v}.",
            ),
            ("{p}'s plane is rescheduled and now lands at {v}.", "News from {p}: the plane lands at {v} now."),
            ("When does {p}'s plane land?", "At what time does {p} land?"),
            ("When was {p} supposed to land originally?", "What was the first landing time I gave you for {p}?"),
        ),
        "zh": TopicWords(
            ("{p}的飞机{v}落地。", "我要去机场接{p}，飞机{v}到。", "{p}坐飞机来，{v}到。"),
            ("{p}的航班调整了，改成{v}落地。", "{p}刚说，飞机改到{v}落地了。"),
            ("{p}的飞机几点落地？", "{p}几点到机场？"),
            ("{p}原来是几点落地？", "改签之前，{p}的飞机几点到？"),
        )}, 190),
    Topic("meeting point", "place", a_term("stated place", PLACES), {
        "en": TopicWords(
            (
                "I'm meeting {p} in front of the {v} tonight.", "Tonight {p} is waiting for me at the {v}.",
                "{p} and I meet at the {v} tonight.",
            ),
            ("{p} wrote that we meet at the {v} instead.", "Change of place: {p} and I meet at the {v}."),
            ("Where am I meeting {p} tonight?", "At which place do {p} and I meet tonight?"),
            ("Where were {p} and I going to meet at first?", "What was the first meeting place with {p}?"),
        ),
        "zh": TopicWords(
            ("今晚我和{p}在{v}门口见。", "今晚{p}在{v}等我。", "我跟{p}约好今晚在{v}碰头。"),
            ("{p}说改到{v}见面。", "见面地点变了，我和{p}改在{v}碰头。"),
            ("今晚我和{p}在哪儿见？", "我跟{p}约在什么地方？"),
            ("我和{p}一开始约在哪儿？", "改地点之前，我和{p}约的是哪里？"),
        )}, 18),
    Topic("pet", "pet", lambda world: values.name(world.one("pet", PETS[world.language])), {
        "en": TopicWords(
            ("{p}'s puppy is called {v}.", "{p} got a puppy and named it {v}.", "The puppy {p} adopted is called {v}."),
            ("{p} has renamed the puppy; it's {v} now.", "Funny, {p} now calls the puppy {v}."),
            ("What is {p}'s puppy called?", "What's the name of {p}'s puppy?"),
            ("What was {p}'s puppy called before?", "Which name did {p}'s puppy have first?"),
        ),
        "zh": TopicWords(
            ("{p}养了只小狗，叫{v}。", "{p}的小狗名叫{v}。", "{p}领养的小狗取名{v}。"),
            ("{p}给小狗改名了，现在叫{v}。", "真有意思，{p}的小狗改叫{v}了。"),
            ("{p}的小狗叫什么？", "{p}家小狗叫什么名字？"),
            ("{p}的小狗原来叫什么？", "改名之前，{p}的小狗叫什么？"),
        )}, 12),
    Topic("scarf", "colour", lambda world: COLOURS[world.one("stated colour", tuple(COLOURS))].answer(world.language), {
        "en": TopicWords(
            (
                "{p} wants a {v} scarf for the birthday.", "I'm knitting a {v} scarf for {p}.",
                "{p} asked for a scarf, a {v} one.",
            ),
            ("{p} now wants the scarf to be {v}.", "{p} changed the order: the scarf is to be {v}."),
            ("What colour of scarf does {p} want?", "Which colour should {p}'s scarf be?"),
            ("What colour of scarf did {p} want at first?", "Which colour was {p}'s scarf going to be before?"),
        ),
        "zh": TopicWords(
            ("{p}生日想要一条{v}的围巾。", "我在给{p}织一条{v}的围巾。", "{p}想要围巾，要{v}的。"),
            ("{p}改主意了，围巾要{v}的。", "{p}说围巾换成{v}。"),
            ("{p}想要什么颜色的围巾？", "{p}的围巾要哪种颜色？"),
            ("{p}一开始想要什么颜色的围巾？", "改主意之前，{p}的围巾是什么颜色？"),
        )}, 9),
    Topic("moving", "city", a_term("stated city", CITIES), {
        "en": TopicWords(
            ("{p} is moving to {v}.", "{p} found a job and is moving to {v}.", "In autumn {p} is moving to {v}."),
            ("{p} isn't moving there after all; it will be {v}.", "The plan changed, {p} is moving to {v}."),
            ("Which city is {p} moving to?", "Where is {p} moving to?"),
            ("Which city was {p} going to move to at first?", "Where did {p} want to move before the plan changed?"),
        ),
        "zh": TopicWords(
            ("{p}要搬去{v}。", "{p}找到了工作，要搬到{v}。", "{p}秋天搬去{v}。"),
            ("{p}计划变了，改去{v}。", "{p}最后决定搬到{v}。"),
            ("{p}要搬去哪个城市？", "{p}搬到哪里去？"),
            ("{p}一开始打算搬去哪儿？", "计划改变之前，{p}要搬去哪个城市？"),
        )}, 28),
    Topic("treat", "dish", a_term("treat", TREATS), {
        "en": TopicWords(
            (
                "For {p}'s farewell I'm cooking {v}.", "I promised to make {v} for {p}'s farewell.",
                "There will be {v} at {p}'s farewell.",
            ),
            ("I've decided to make {v} for {p}'s farewell instead.", "New plan for {p}'s farewell: I'm cooking {v}."),
            ("What am I cooking for {p}'s farewell?", "Which dish will there be at {p}'s farewell?"),
            (
                "What was I going to cook for {p}'s farewell at first?",
                "Which dish did I plan first for {p}'s farewell?",
            ),
        ),
        "zh": TopicWords(
            ("给{p}送行，我打算做{v}。", "我答应给{p}的送别宴做{v}。", "{p}的送别宴上会有{v}。"),
            ("给{p}送行的菜我改做{v}了。", "新想法：给{p}送行做{v}。"),
            ("给{p}送行我要做什么菜？", "{p}的送别宴做什么？"),
            ("给{p}送行，我一开始打算做什么？", "改之前，{p}的送别宴要做哪道菜？"),
        )}, 12),
    Topic("instrument", "instrument", a_term("instrument", INSTRUMENTS), {
        "en": TopicWords(
            (
                "{p} is learning to play the {v}.", "{p} has started lessons on the {v}.",
                "For a month now {p} has been playing the {v}.",
            ),
            ("{p} gave that up and plays the {v} now.", "{p} has switched to the {v}."),
            ("Which instrument is {p} learning?", "What instrument does {p} play?"),
            ("Which instrument did {p} start with?", "What did {p} play before switching?"),
        ),
        "zh": TopicWords(
            ("{p}在学{v}。", "{p}开始上{v}课了。", "{p}练{v}一个月了。"),
            ("{p}不学那个了，改学{v}。", "{p}换成学{v}了。"),
            ("{p}在学什么乐器？", "{p}学的是哪种乐器？"),
            ("{p}一开始学的是什么乐器？", "换之前，{p}学的是哪种乐器？"),
        )}, 12),
    Topic("flat", "number", a_number("flat", 12, 98), {
        "en": TopicWords(
            ("{p} lives in flat {v}.", "{p}'s flat is number {v}.", "You ring at flat {v} to get to {p}."),
            ("{p} moved within the building and is in flat {v} now.", "{p} has swapped flats, it's number {v} now."),
            ("Which flat does {p} live in?", "What's the number of {p}'s flat?"),
            ("Which flat did {p} live in before moving within the building?", "What was the number of {p}'s old flat?"),
        ),
        "zh": TopicWords(
            ("{p}住{v}室。", "{p}家是{v}室。", "找{p}要按{v}室的门铃。"),
            ("{p}在楼里换了一套，现在住{v}室。", "{p}换房了，搬到{v}室。"),
            ("{p}住几室？", "{p}家的门牌是几室？"),
            ("{p}原来住几室？", "换房之前，{p}住哪一室？"),
        )}, 87),
)  # fmt: skip
