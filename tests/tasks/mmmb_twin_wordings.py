"""Right answers to mmmb_twin as a model words them: short, with working, with a comparison, with what held before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmmb_twin_oracle import Oracle, read

from evalkit.tasks.mmmb_twin.dialogues import Twin
from evalkit.tasks.mmmb_twin.values import WEEKDAYS

# kind of question -> key of the fact that is compared, and the superlatives
COMPARED: Mapping[str, tuple[str, str, str]] = {
    "warmest": ("high", "warmest", "最热"),
    "coolest": ("high", "coolest", "最凉快"),
    "cheapest_dish": ("price", "cheapest", "最便宜"),
    "dearest_dish": ("price", "most expensive", "最贵"),
    "largest_room": ("area", "largest", "最大"),
    "smallest_room": ("area", "smallest", "最小"),
    "most_expensive": ("total", "highest total", "最高"),
}


def wordings(twin: Twin) -> list[str]:
    """Ways to give the right answer of a dialogue; none for kinds that offer nothing but the bare answer."""
    plot, oracle = twin.plot, Oracle(twin.state())
    english, answer = twin.order.language == "en", plot.answer.text
    if plot.name in COMPARED:
        return _compared(twin, english, answer)
    if plot.name in _BY_NAME:
        return _BY_NAME[plot.name](twin, oracle, english, answer)
    made = _worked_out(oracle, plot.query, english, answer)
    if made or plot.kind not in ("time", "temperature"):
        return made
    return (
        _time(int(plot.answer.number or 0), english) if plot.kind == "time" else _degrees(plot.answer.number, english)
    )


def _compared(twin: Twin, english: bool, answer: str) -> list[str]:
    what, *words = COMPARED[twin.plot.name]
    most = words[0 if english else 1]
    path = twin.plot.query["read"]
    key = ":".join([what, *map(str, path[1:])])
    pictures = [piece.picture for piece in twin.plot.needed if piece.picture is not None]
    values = [(one.label or one.name, one.facts[key].answer.text) for one in pictures]
    best = next(label for label, value in values if value == answer)
    rest = [value for _, value in values if value != answer] or [answer]
    table = "\n".join(f"- {label}: {value}" for label, value in values)
    if english:
        others = " and ".join(rest)
        return [
            f"The {most} is {answer}, at {best}.",
            f"The {most} is {best} with {answer}; the others have {others}.",
            f"Here is the comparison:\n{table}\n\nThe {most} is **{best}** at **{answer}**.",
            f"{answer}. That is at {best}; the other ones show {others}.",
            f"It's {answer} at {best}, compared to {others} at the others.",
            f"At {best}, it is {answer}, which is the {most} of the {len(values)}.",
        ]
    return [
        f"{most}的是{best}，{answer}。",
        f"{most}的是{best}，为{answer}；其他的分别是{'、'.join(rest)}。",
        f"对比如下：\n{table}\n\n{most}的是**{best}**，**{answer}**。",
        f"{'，'.join(f'{label}是{value}' for label, value in values)}，所以{most}的是{answer}。",
        f"{answer}（{best}），另外几个是{'、'.join(rest)}。",
        f"{best}{most}，是{answer}，其余的是{'和'.join(rest)}。",
    ]


def _earliest(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    told = sorted(
        (piece.statement for piece in twin.plot.needed if piece.statement), key=lambda one: one.fact["day"]
    )  # fmt: skip
    a, b, c = (one.answer.text for one in told)
    if english:
        x, y, z = (WEEKDAYS[one.fact["day"]] for one in told)
        return [
            f"{a} on {x} comes first, followed by {b} on {y} and {c} on {z}.",
            f"{a} is first (on {x}), then {b} ({y}) and {c} ({z}).",
            f"You have {b} on {y}, {a} on {x} and {c} on {z}. The earliest one is {a}.",
            f"{x}'s {a}, before the {b}.",
        ]
    x, y, z = ("星期" + "一二三四五六日"[one.fact["day"]] for one in told)
    return [
        f"最早的是{x}的{a}，然后是{y}的{b}和{z}的{c}。",
        f"{x}的{a}最早，其次是{b}，最后是{c}。",
        f"{b}在{y}，{a}在{x}，{c}在{z}，所以最先的是{a}。",
    ]


def _set_off(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    query = twin.plot.query
    goal = oracle.pictures[query["ticket"]]["spec"]["to"]
    leaves = read(oracle.pictures[query["board"]], ["time", goal])
    walk, train = oracle.stated(query["topic"]), f"{leaves // 60}:{leaves % 60:02d}"
    if english:
        return [
            f"Your train leaves at {train}. It takes you {walk} minutes to the platform, so you must leave by {answer}.",
            f"The train departs at {train}; with {walk} minutes to walk, you need to leave at {answer} at the latest.",
            f"You must leave at {answer} at the latest, since the train departs at {train} and you need {walk} minutes.",
            f"At {answer} (the train leaves at {train}, minus {walk} minutes).",
            f"{train} minus {walk} minutes is {answer}.",
            f"{train} - {walk} min = {answer}",
        ]
    return [
        f"车{train}发车，走到站台要{walk}分钟，所以最迟{answer}出发。",
        f"最晚{answer}出门，因为{train}发车，要走{walk}分钟。",
        f"{train}减去{walk}分钟，最迟{answer}得出发。",
        f"最迟{answer}出发（{goal}的车{train}开，步行{walk}分钟）。",
        f"车是{train}开，您需要在{answer}之前出发。",
    ]


def _updated(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    old = next(piece.statement.answer.text for piece in twin.plot.noise if piece.statement)
    if english:
        return [
            f"It's {answer} now; it was {old} before.",
            f"It was {old} originally, but it was changed to {answer}.",
            f"It was first {old}, but then you told me it's {answer} now.",
            f"{answer} (previously {old}).",
            f"{answer} — you changed it from {old}.",
            f"First you said {old}, then you corrected it to {answer}.",
            f"It is {answer}, which replaced {old}.",
        ]
    return [
        f"现在是{answer}，之前是{old}。",
        f"原来是{old}，后来改成了{answer}。",
        f"你先说是{old}，后来更正为{answer}。",
        f"从{old}改成了{answer}。",
        f"是{answer}，{old}是之前的。",
        f"不再是{old}了，现在是{answer}。",
    ]


def _before_update(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    new = [piece.statement.answer.text for piece in twin.plot.needed if piece.statement][1]
    if english:
        return [
            f"Before the change it was {answer}; it is {new} now.",
            f"Originally {answer}, before it was changed to {new}.",
            f"It was {answer}, and now it's {new}.",
        ]
    return [f"改之前是{answer}，现在是{new}。", f"原来是{answer}，后来改成了{new}。"]


def _removed(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    _, a, b = (piece.statement.answer.text for piece in twin.plot.noise if piece.statement)
    if english:
        return [
            f"You took the {answer} off the list.",
            f"The {answer}. The {a} and the {b} are still on it.",
            f"You removed the {answer}, so only the {a} and the {b} remain.",
        ]
    return [f"{answer}，{a}和{b}还在清单里。", f"去掉的是{answer}，清单上还有{a}和{b}。"]


def _vanished(twin: Twin, oracle: Oracle, english: bool, answer: str) -> list[str]:
    if english:
        return [
            f"The {answer} is missing in the second photo.",
            f"The later photo no longer shows the {answer}.",
            f"There isn't a {answer} in the second photo.",
            f"The second photo does not have the {answer} any more.",
        ]
    return [f"少了{answer}。", f"后来的照片里没有{answer}了。", f"{answer}不见了。"]


_BY_NAME: Mapping[str, Callable[[Twin, Oracle, bool, str], list[str]]] = {
    "earliest": _earliest,
    "set_off": _set_off,
    "updated": _updated,
    "before_update": _before_update,
    "removed": _removed,
    "vanished": _vanished,
}


def _worked_out(oracle: Oracle, query: Mapping[str, Any], english: bool, answer: str) -> list[str]:
    op = query["op"]
    if op == "sum":
        values = oracle.reads() if "pictures" in query else [oracle.stated(topic) for topic in query["topics"]]
        return _sum(values, query.get("pictures", query.get("topics")), english, answer)
    if op == "stated_minus_sum":
        values, whole = oracle.reads(), oracle.stated(query["topic"])
        parts, spent = [f"{value:g}" for value in values], f"{sum(values):g}"
        if english:
            return [
                f"{whole:g} - {' - '.join(parts)} = {answer}",
                f"{' + '.join(parts)} = {spent}, so of {whole:g} there is {answer} left.",
                f"The total is {spent}, {answer} short of {whole:g}.",
                f"From {whole:g}, after {', '.join(parts)}, you have {answer} left.",
            ]
        return [
            f"{whole:g}-{'-'.join(parts)}={answer}",
            f"{whole:g}减去{'、'.join(parts)}，还剩{answer}。",
            f"合计{spent}，离{whole:g}还差{answer}。",
        ]
    if op == "stated_times_sum":
        values = [
            read(oracle.pictures[name], path) for name, path in zip(query["pictures"], query["reads"], strict=True)
        ]  # fmt: skip
        each, parts = oracle.stated(query["topic"]), [f"{value:g}" for value in values]
        if english:
            return [
                f"({' + '.join(parts)}) × {each:g} = {answer}",
                f"There are {' + '.join(parts)} = {sum(values):g} of them. At {each:g} each, that's {answer}.",
            ]
        return [f"分别有{'、'.join(parts)}，共{sum(values):g}，每个{each:g}，总共{answer}。"]
    return []


def _sum(values: Sequence[float], names: Sequence[str], english: bool, answer: str) -> list[str]:
    parts = [f"{value:g}" for value in values]
    table = "\n".join(f"{name}: {part}" for name, part in zip(names, parts, strict=True))
    if english:
        return [
            f"{' + '.join(parts)} = {answer}",
            f"They add up to {answer}: {', '.join(parts)}.",
            f"The values are {', '.join(parts)}, which makes {answer} in total.",
            f"{table}\nTotal: {answer}",
            f"{answer} — {', '.join(f'{part} in the first' for part in parts)}",
        ]
    return [
        f"{'+'.join(parts)}={answer}",
        f"一共{answer}，分别是{'、'.join(parts)}。",
        f"分别是{'、'.join(parts)}，总共{answer}。",
        f"{table}\n合计：{answer}",
    ]


def _time(minutes: int, english: bool) -> list[str]:
    hour, minute = divmod(minutes, 60)
    short = (hour - 1) % 12 + 1
    if english:
        half = "am" if hour < 12 else "pm"
        part = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
        return [
            f"{short}:{minute:02d} {half}", f"{short}.{minute:02d} {half.upper()}", f"{hour:02d}:{minute:02d}",
            f"{short}:{minute:02d} {part}", f"{hour:02d}h{minute:02d}",
        ]  # fmt: skip
    part = "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
    short = hour if hour <= 12 else hour - 12
    return [
        f"{part}{short}点{minute}分",
        f"{hour:02d}:{minute:02d}",
        f"{hour}点{minute:02d}分",
        f"{part}{short}:{minute:02d}",
    ]


def _degrees(number: float | None, english: bool) -> list[str]:
    value = int(number or 0)
    if english:
        below = [f"minus {-value} degrees", f"{-value} degrees below zero"] if value < 0 else []
        return [f"{value} degrees", f"{value} °C", f"{value} degrees Celsius", *below]
    below = [f"零下{-value}度", f"负{-value}度", f"零下{-value}摄氏度"] if value < 0 else []
    return [f"{value}度", f"{value}℃", f"{value}摄氏度", *below]
