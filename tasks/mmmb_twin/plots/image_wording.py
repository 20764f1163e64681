"""How the last questions about several images are asked."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.tasks.mmmb_twin.facts import Language

TEXTS: Mapping[str, Mapping[Language, tuple[str, ...]]] = {
    "receipts_total": {
        "en": (
            "Adding up the {number} receipts from {names}, how much did I spend?",
            "What do the totals of the receipts from {names} come to altogether?",
            "I need one sum for {names}: what did the {number} receipts amount to?",
        ),
        "zh": (
            "{names}这{number}张小票加起来，我一共花了多少钱？", "把{names}的小票合计相加是多少？",
            "{names}，这{number}张小票总共多少钱？",
        ),
    },
    "most_expensive": {
        "en": (
            "Of the {number} receipts from {names}, what is the highest total?",
            "How high is the largest total among the receipts from {names}?",
        ),
        "zh": ("{names}这{number}张小票里，合计最高的是多少钱？", "{names}的小票中，最大的一笔合计是多少？"),
    },
    "cheapest_dish": {
        "en": (
            "I'd like some {dish}. What's the lowest price for it on the {number} menus I showed you?",
            "Across the {number} menus, how much is the {dish} where it's cheapest?",
            "Comparing all {number} menus, what do I pay at least for the {dish}?",
        ),
        "zh": (
            "我想点{dish}，前面{number}份菜单里最便宜的要多少钱？", "{number}份菜单比一比，{dish}最低是什么价？",
            "{dish}在那{number}家店里，最便宜的一家卖多少钱？",
        ),
    },
    "dearest_dish": {
        "en": (
            "On which price does the {dish} top out over the {number} menus I showed you?",
            "Across the {number} menus, how much is the {dish} where it's most expensive?",
            "What's the highest price for the {dish} on the {number} menus?",
        ),
        "zh": (
            "前面{number}份菜单里，{dish}最贵卖多少钱？", "{number}份菜单比一比，{dish}最高是什么价？",
            "{dish}在那{number}家店里，最贵的一家要多少钱？",
        ),
    },
    "objects_total": {
        "en": (
            "How many {things} are there altogether on the {number} shelves in {names}?",
            "If I bring together the {things} from the shelves in {names}, how many do I have?",
        ),
        "zh": (
            "{names}这{number}个架子上，{things}一共有多少{unit}？",
            "把{names}架子上的{things}都算上，总共几{unit}？",
        ),
    },
    "nature_total": {
        "en": (
            "How many {things} do I get if I add up the {number} landscape photos, the ones from {names}?",
            "Counting over the {number} landscape photos from {names}, how many {things} are there in all?",
        ),
        "zh": (
            "{names}这{number}张风景照里，总共有几{unit}{things}？",
            "把{names}的风景照都数一遍，{things}一共多少{unit}？",
        ),
    },
    "bars_total": {
        "en": (
            "What do the bars for {category} add up to over {names}?",
            "Taking the {number} bar charts for {names} together, what's the sum for {category}?",
        ),
        "zh": (
            "{names}这{number}张柱状图里，{category}加起来是多少？", "把{names}的图合在一起，{category}总共是多少？",
        ),
    },
    "fares_total": {
        "en": (
            "What do the {number} tickets for {names} cost together?",
            "How much were the fares for {names} in total?",
        ),
        "zh": ("{names}这{number}张车票一共多少钱？", "{names}的车票票价加起来是多少？"),
    },
    "largest_room": {
        "en": (
            "Of the {number} flats whose plans you saw, how big is the largest {room}?",
            "Comparing the {number} floor plans, what's the area of the biggest {room}?",
        ),
        "zh": ("前面{number}张户型图里，最大的{room}有多大？", "比较那{number}套房，{room}最大的是多少平方米？"),
    },
    "smallest_room": {
        "en": (
            "Of the {number} flats whose plans you saw, how big is the smallest {room}?",
            "Comparing the {number} floor plans, what's the area of the tiniest {room}?",
        ),
        "zh": ("前面{number}张户型图里，最小的{room}有多大？", "比较那{number}套房，{room}最小的是多少平方米？"),
    },
    "vanished": {
        "en": (
            "Between my two photos of {name}, something was taken away. What was it?",
            "Compare the earlier and the later photo of {name}: which thing is gone?",
            "Which object that stood on {name} at first is missing in the later photo?",
        ),
        "zh": (
            "我拍了两次{name}，后来少了一样东西，是什么？", "对比一下{name}前后两张照片，什么东西不见了？",
            "{name}上原来有、后来那张照片里没有的是什么？",
        ),
    },
    "vanished later": {
        "en": (
            "This is the shelf in {label} once more, a week later.",
            "I went back to the shelf in {label} and took a second photo.",
            "The shelf in {label} again; somebody has rearranged it.",
        ),
        "zh": (
            "过了一周，又拍了{label}的架子。", "我又去拍了一张{label}的架子。",
            "还是{label}的那个架子，有人重新摆过了。",
        ),
    },
    "vanished name": {"en": ("the later photo of the shelf in {label}",), "zh": ("{label}架子后来那张照片",)},
    "new menu": {"en": ("the new menu of {label}",), "zh": ("{label}的新菜单",)},
    "new menu intro": {
        "en": (
            "{label} has a new menu with new prices; here it is.", "This is the new menu of {label}.",
            "Look, the new menu of {label}.",
        ),
        "zh": ("{label}换了新菜单，价格也变了。", "这是{label}的新菜单。", "你看，{label}的新菜单。"),
    },
    "price_rise": {
        "en": (
            "By how much did the price of the {dish} go up between the two menus of {label}?",
            "Comparing the old and the new menu of {label}, how much dearer has the {dish} become?",
        ),
        "zh": ("{label}的{dish}，新菜单比旧菜单贵了多少？", "对比{label}的两份菜单，{dish}涨了多少钱？"),
    },
    "ticket_to_board platform": {
        "en": (
            "According to {board}, which platform does the train on {ticket} leave from?",
            "Take {ticket} and {board}: to which platform must the passenger go?",
        ),
        "zh": ("按{board}，{ticket}上那趟车在几号站台？", "对照{ticket}和{board}，应该去几号站台上车？"),
    },
    "ticket_to_board time": {
        "en": (
            "According to {board}, when does the train on {ticket} leave?",
            "Take {ticket} and {board}: at what time does that train go?",
        ),
        "zh": ("按{board}，{ticket}上那趟车几点开？", "对照{ticket}和{board}，那趟车是几点发车？"),
    },
    "calendar_by_ticket": {
        "en": (
            "The day {ticket} is for, what does {calendar} say?",
            "Is there a clash? What does {calendar} have for the date on {ticket}?",
            "What is entered in {calendar} on the date of {ticket}?",
        ),
        "zh": (
            "{ticket}那天，{calendar}上写的是什么？", "会不会撞期？{ticket}上的日期，{calendar}有什么安排？",
            "{ticket}的日期，在{calendar}里记着什么事？",
        ),
    },
    "missing_item": {
        "en": (
            "Compare {note} with {receipt}: what was forgotten?",
            "Which thing from {note} isn't on {receipt}?",
            "Did I get everything on {note}? Going by {receipt}, what is missing?",
        ),
        "zh": (
            "对照{note}和{receipt}，忘买了什么？", "{note}里哪样东西没出现在{receipt}上？",
            "{note}上的东西都买了吗？看{receipt}，少了哪样？",
        ),
    },
    "map_to_hours": {
        "en": (
            "On {map} there's a place at the corner of {down} and {across}, and you saw the sign on its door. {ask}",
            "I'm heading for the place at the corner of {down} and {across} on {map}. {ask}",
        ),
        "zh": (
            "{map}上 {down} 和 {across} 路口的那个地方，门上的时间牌你也看过。{ask}",
            "我要去{map}上 {down} 和 {across} 路口的那个地方，{ask}",
        ),
    },
    "warmest": {
        "en": (
            "Looking at the {number} forecasts, how warm does it get on {day} at the warmest of those places?",
            "What's the highest maximum for {day} among the {number} forecasts?",
        ),
        "zh": (
            "那{number}份预报里，{day}最热的地方最高几度？", "{number}份天气预报比一比，{day}的最高气温最高是多少？",
        ),
    },
    "coolest": {
        "en": (
            "Looking at the {number} forecasts, what maximum does the coolest of those places get on {day}?",
            "What's the lowest maximum for {day} among the {number} forecasts?",
        ),
        "zh": (
            "那{number}份预报里，{day}最凉快的地方最高气温是几度？",
            "{number}份天气预报比一比，{day}的最高气温最低是多少？",
        ),
    },
}  # fmt: skip
