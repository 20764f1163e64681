"""What users say for questions that need a statement and images, and how those are asked."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.tasks.mmmb_twin.facts import Language

SAYS: Mapping[str, Mapping[Language, tuple[str, ...]]] = {
    "destination": {
        "en": ("I'm travelling to {v} this time.", "My trip goes to {v}.", "I have to get to {v}."),
        "zh": ("我这次要去{v}。", "我这趟的目的地是{v}。", "我得赶去{v}。"),
    },
    "destination other": {
        "en": ("{p} is travelling to {v}, by the way.", "{p}'s trip goes to {v}."),
        "zh": ("{p}要去的是{v}。", "{p}那趟是去{v}。"),
    },
    "destination change": {
        "en": (
            "I've changed my mind, I'm travelling to {v} instead.",
            "My trip goes to {v} now, not where I said before.",
        ),
        "zh": ("我改主意了，这趟改去{v}。", "计划变了，我改成去{v}。"),
    },
    "walk": {
        "en": ("From here it takes me {v} minutes to the platform.", "I need {v} minutes from my door to the platform.",
               "Door to platform is {v} minutes for me."),
        "zh": ("我从家走到站台要{v}分钟。", "从这儿到站台我得花{v}分钟。", "出门到站台，我要走{v}分钟。"),
    },
    "walk change": {
        "en": (
            "With the roadworks I need {v} minutes to the platform now.",
            "My foot hurts, so count {v} minutes to the platform.",
        ),
        "zh": ("因为修路，现在走到站台要{v}分钟。", "我脚疼，到站台得算{v}分钟。"),
    },
    "order": {
        "en": ("We need {v} portions of the {dish} for the team lunch.",
               "The team wants the {dish}, {v} portions of it.",
               "Please plan {v} portions of the {dish} for the team."),
        "zh": ("团队午餐要{v}份{dish}。", "大家想吃{dish}，要{v}份。", "给团队订{v}份{dish}。"),
    },
    "order change": {
        "en": (
            "Make that {v} portions of the {dish}, some more people are coming.",
            "We now need {v} portions of the {dish}.",
        ),
        "zh": ("{dish}改成{v}份，又有人要来。", "现在{dish}要{v}份了。"),
    },
    "diet": {
        "en": ("I don't eat meat or fish, in case that matters.",
               "{p} is a vegetarian and is coming along; we order the same.",
               "I've been a vegetarian for years, so no meat and no fish for me."),
        "zh": ("我不吃肉也不吃鱼。", "{p}吃素，会一起来，我们点一样的。", "我吃素好多年了，鱼和肉都不碰。"),
    },
    "attends": {
        "en": (
            "{p} will come along to the {event} only.", "The only thing {p} joins is the {event}.",
            "{p} is going to be at the {event}.",
        ),
        "zh": ("{p}只参加{event}。", "{p}会来的只有{event}。", "{event}那天{p}会在。"),
    },
    "attends change": {
        "en": ("{p} can't make that after all and will come to the {event}.", "{p} has switched to the {event}."),
        "zh": ("{p}那个来不了，改参加{event}。", "{p}换成参加{event}了。"),
    },
    "outing": {
        "en": ("We're doing our canoe tour on {v}.", "The canoe tour is planned for {v}.", "On {v} we go canoeing."),
        "zh": ("我们{v}去划独木舟。", "独木舟之行定在{v}。", "划独木舟安排在{v}。"),
    },
    "outing change": {
        "en": ("The canoe tour had to be moved to {v}.", "We go canoeing on {v} instead."),
        "zh": ("独木舟之行改到{v}了。", "划独木舟换到{v}去。"),
    },
    "category": {
        "en": ("I'm in charge of {v} here.", "My responsibility is {v}.", "{V} is what I look after."),
        "zh": ("我这边负责的是{v}。", "{v}归我管。", "我主管{v}这一块。"),
    },
    "category change": {
        "en": ("I've been reassigned and look after {v} now.", "Since today I'm in charge of {v} instead."),
        "zh": ("我调岗了，现在负责{v}。", "从今天起我改管{v}。"),
    },
    "target": {
        "en": (
            "For {category} the target is {v}.", "They expect {v} for {category}.",
            "Our goal for {category} stands at {v}.",
        ),
        "zh": ("{category}的目标是{v}。", "{category}要求达到{v}。", "我们给{category}定的目标是{v}。"),
    },
    "target change": {
        "en": ("The target for {category} was set anew, to {v}.", "They corrected the target for {category} to {v}."),
        "zh": ("{category}的目标改成{v}了。", "{category}的目标重新定为{v}。"),
    },
    "flooring": {
        "en": ("New flooring costs {v} per square metre.", "The carpenter asks {v} per square metre of flooring.",
               "For the flooring I was quoted {v} a square metre."),
        "zh": ("新地板每平方米{v}。", "木工师傅说地板一平方米{v}。", "地板的报价是每平方米{v}。"),
    },
    "flooring change": {
        "en": (
            "The flooring got a new price, {v} per square metre.",
            "The carpenter now asks {v} per square metre of flooring.",
        ),
        "zh": ("地板调价了，每平方米{v}。", "木工师傅改口了，地板一平方米{v}。"),
    },
    "lives": {
        "en": ("{p} lives in {v} now.", "{p} is calling from {v} these days.", "{p} settled in {v} last year."),
        "zh": ("{p}现在住在{v}。", "{p}最近都在{v}。", "{p}去年定居{v}了。"),
    },
    "night": {
        "en": (
            "Tonight we're sleeping in {v}.", "We booked our beds for tonight in {v}.",
            "Our bed for tonight is in {v}.",
        ),
        "zh": ("今晚我们住在 {v}。", "我们今晚订的住处在 {v}。", "今天晚上在 {v} 过夜。"),
    },
    "night change": {
        "en": ("Tonight's hostel is full, so we're sleeping in {v}.", "We've rebooked, tonight it's {v}."),
        "zh": ("那边客满了，今晚改住 {v}。", "我们改订了，今晚住 {v}。"),
    },
    "free day": {
        "en": ("I can only go to the {place} on {v}.", "{v} is the only day I have time for the {place}.",
               "I've set {v} aside for going to the {place}."),
        "zh": ("我只有{v}能去{place}。", "能去{place}的只有{v}这一天。", "我留出了{v}去{place}一趟。"),
    },
    "free day change": {
        "en": (
            "My day for the {place} doesn't work any more, I'm going there on {v}.",
            "I have to go to the {place} on {v} instead.",
        ),
        "zh": ("去{place}那天不行了，我改{v}去。", "去{place}只能改成{v}了。"),
    },
    "corner": {
        "en": (
            "I'm waiting for {p} at the corner of {down} and {across}.",
            "{p} and I agreed on the corner of {down} and {across}.",
        ),
        "zh": ("我在 {down} 和 {across} 的路口等{p}。", "我跟{p}说好在 {down} 和 {across} 的拐角见。"),
    },
    "corner change": {
        "en": (
            "{p} prefers the corner of {down} and {across} now.",
            "We changed it: I'll wait for {p} where {down} crosses {across}.",
        ),
        "zh": ("{p}说改到 {down} 和 {across} 的路口。", "换地方了，我在 {down} 和 {across} 交叉处等{p}。"),
    },
    "budget": {
        "en": (
            "I have {v} to spend on all this.", "My budget for the purchases is {v}.",
            "I set {v} aside for the shopping.",
        ),
        "zh": ("这些采购我一共有{v}预算。", "采购预算是{v}。", "买东西我准备了{v}。"),
    },
    "budget change": {
        "en": (
            "I was allowed more: the budget for the purchases is {v}.",
            "Forget the old figure, I have {v} to spend now.",
        ),
        "zh": ("预算调了，采购现在有{v}。", "之前的数字不算了，我现在有{v}可以花。"),
    },
    "offer": {
        "en": (
            "A dealer offers me {v} for each {thing}.", "The dealer would pay {v} per {thing}.",
            "For every {thing} I'd get {v}.",
        ),
        "zh": (
            "有个收藏商愿意每{unit}{thing}出{v}。", "收东西的人说一{unit}{thing}给{v}。", "每{unit}{thing}能卖{v}。",
        ),
    },
    "offer change": {
        "en": ("The dealer raised the offer to {v} for each {thing}.", "It's {v} per {thing} now, the dealer says."),
        "zh": ("收藏商改口了，每{unit}{thing}给{v}。", "现在一{unit}{thing}能给到{v}了。"),
    },
}  # fmt: skip
ASKS: Mapping[str, Mapping[Language, tuple[str, ...]]] = {
    "platform": {
        "en": (
            "Which platform do I have to go to, going by {picture}?",
            "For my own trip, which platform does {picture} give?",
        ),
        "zh": ("照{picture}，我该去几号站台？", "我自己这趟，{picture}上写的是几号站台？"),
    },
    "departure": {
        "en": (
            "When does my own service leave, according to {picture}?",
            "What departure time does {picture} give for my trip?",
        ),
        "zh": ("照{picture}，我那趟几点开？", "{picture}上，我这趟的发车时间是几点？"),
    },
    "set off": {
        "en": ("When do I have to set off at the latest to catch my service on {picture}?",
               "Going by {picture}, what's the latest time I can leave and still catch my own service?"),
        "zh": ("要赶上{picture}里我那趟车，我最晚几点出门？", "照{picture}，我最迟几点出发才赶得上自己那趟？"),
    },
    "set off ticket": {
        "en": ("I want to catch the train on {ticket}. Going by {picture}, when do I have to set off at the latest?",
               "When must I leave at the latest for the train on {ticket}, if {picture} is right?"),
        "zh": (
            "我要坐{ticket}上那趟车，照{picture}，最晚几点出门？",
            "按{picture}，要赶上{ticket}那趟车，我最迟几点得出发？",
        ),
    },
    "lunch": {
        "en": (
            "What will the {dish} for the team come to at {label}?",
            "How much do we pay at {label} for the team's {dish} in all?",
        ),
        "zh": ("在{label}给团队点{dish}，总共要多少钱？", "团队要的{dish}，{label}一共收多少？"),
    },
    "lunch two": {
        "en": ("We get the {a} from {one} and the {b} from {two}. What does the team's order come to in all?",
               "If the {a} comes from {one} and the {b} from {two}, how much is the whole team order?"),
        "zh": ("{a}在{one}订，{b}在{two}订，团队这顿一共多少钱？", "要是{a}从{one}买、{b}从{two}买，团队总共花多少？"),
    },
    "vegetarian": {
        "en": (
            "What's the cheapest main course I can have from {picture}?",
            "Which main on {picture} can I eat for the least money?",
        ),
        "zh": ("照{picture}，我能吃的主菜里最便宜的是哪道？", "{picture}上，我能点的主菜哪道最便宜？"),
    },
    "vegetarian price": {
        "en": ("Over the {number} menus, how much is the cheapest main course I can eat?",
               "Of all the mains on the {number} menus that I can eat, what does the cheapest cost?"),
        "zh": ("那{number}份菜单里，我能吃的最便宜的主菜多少钱？", "{number}份菜单上我能吃的主菜，最低要多少钱？"),
    },
    "joins": {
        "en": (
            "On which date will {p} be with us, going by {picture}?",
            "Which date in {picture} is the one {p} comes along?",
        ),
        "zh": ("照{picture}，{p}几号会来？", "按{picture}，{p}是哪天参加？"),
    },
    "outing high": {
        "en": (
            "How warm will it get for our canoe tour, according to {picture}?",
            "What maximum does {picture} promise for the day we go canoeing?",
        ),
        "zh": ("按{picture}，划独木舟那天最高几度？", "{picture}说我们划船那天最热到多少度？"),
    },
    "outing low": {
        "en": (
            "How cold will it get on the day of our canoe tour, according to {picture}?",
            "What minimum does {picture} give for the day we go canoeing?",
        ),
        "zh": ("按{picture}，划独木舟那天最低几度？", "{picture}说我们划船那天最冷到多少度？"),
    },
    "mine": {
        "en": (
            "How did my own field do in {picture}, what's the number?",
            "What number does {picture} give for what I'm in charge of?",
        ),
        "zh": ("{picture}里，我负责的那项是多少？", "我管的那一块，{picture}上的数字是几？"),
    },
    "mine total": {
        "en": ("What do the numbers for my own field add up to over the {number} bar charts?",
               "Taking the {number} bar charts together, what's the sum for what I'm in charge of?"),
        "zh": (
            "那{number}张柱状图里，我负责的那项加起来是多少？", "把{number}张柱状图合起来，我管的那一块总共是多少？",
        ),
    },
    "short": {
        "en": (
            "By how much does {category} fall short of its target in {picture}?",
            "How far below the target is {category} in {picture}?",
        ),
        "zh": ("{picture}里，{category}比目标差多少？", "照{picture}，{category}离目标还差几？"),
    },
    "short total": {
        "en": ("Over the {number} bar charts together, by how much does {category} miss its target?",
               "If I add up the {number} bar charts, how far is {category} below the target?"),
        "zh": (
            "{number}张柱状图合计，{category}离目标还差多少？", "把那{number}张柱状图加起来，{category}比目标少几？",
        ),
    },
    "floor": {
        "en": (
            "What would the new flooring in the {room} of {label} cost?",
            "How much do I pay for flooring if I redo the {room} of {label}?",
        ),
        "zh": ("{label}的{room}铺新地板要多少钱？", "给{label}的{room}换地板一共花多少？"),
    },
    "floor two": {
        "en": ("What would new flooring cost for the {a} of {one} and the {b} of {two} together?",
               "If I redo the {a} of {one} as well as the {b} of {two}, what do I pay for flooring?"),
        "zh": ("{one}的{a}和{two}的{b}都铺新地板，一共多少钱？", "给{one}的{a}、{two}的{b}换地板，总共要花多少？"),
    },
    "dial": {
        "en": ("On {picture}, what time was it for {p}?", "What time did {picture} show for the city {p} lives in?"),
        "zh": ("{picture}上，{p}那边是几点？", "{p}住的那个城市，{picture}显示几点？"),
    },
    "bed": {
        "en": (
            "How far is it to our bed for tonight, according to {picture}?",
            "Going by {picture}, how many kilometres are left to where we sleep tonight?",
        ),
        "zh": ("照{picture}，到今晚住的地方还有多远？", "按{picture}，离我们今晚过夜的地方还有几公里？"),
    },
    "open": {
        "en": (
            "On the day I can go, when do they open according to {picture}?",
            "At what time can I get in on my day, going by {picture}?",
        ),
        "zh": ("我能去的那天，按{picture}几点开门？", "照{picture}，我去的那天最早几点能进？"),
    },
    "close": {
        "en": (
            "On the day I can go, when do they close according to {picture}?",
            "Until when can I stay on my day, going by {picture}?",
        ),
        "zh": ("我能去的那天，按{picture}几点关门？", "照{picture}，我去的那天营业到几点？"),
    },
    "meeting": {
        "en": (
            "What is right at the place where I'm waiting for {p}, according to {picture}?",
            "Which place on {picture} am I standing at when I wait for {p}?",
        ),
        "zh": ("我等{p}的地方，{picture}上标的是什么？", "照{picture}，我等{p}的那个路口是什么地方？"),
    },
    "left": {
        "en": ("How much of my budget is left after {names}?", "With {names} paid, what remains of my budget?"),
        "zh": ("{names}花掉之后，预算还剩多少？", "扣掉{names}，我还剩多少钱？"),
    },
    "left one": {
        "en": ("How much of my budget is left after {names}?", "With {names} paid, what remains of my budget?"),
        "zh": ("{names}那张小票付完，预算还剩多少？", "扣掉{names}的花费，我还剩多少钱？"),
    },
    "collect": {
        "en": ("If I sell all the {things} that stand on the shelf in {names}, how much do I get?",
               "How much would the dealer pay me for all the {things} from the shelf in {names}?"),
        "zh": ("把{names}架子上的{things}全卖掉，能得多少钱？", "{names}架子上所有的{things}，收藏商一共会给我多少？"),
    },
    "collect several": {
        "en": ("If I sell all the {things} from the {number} shelves in {names}, how much do I get?",
               "How much would the dealer pay for all the {things} on the {number} shelves in {names}?"),
        "zh": (
            "把{names}这{number}个架子上的{things}全卖掉，能得多少钱？",
            "{names}架子上的{things}都卖了，收藏商一共给我多少？",
        ),
    },
}  # fmt: skip
