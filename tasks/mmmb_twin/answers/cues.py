"""Words that say what a free-form answer does with a candidate: deny it, set it aside, or settle on it."""

from __future__ import annotations

from evalkit.metrics.answers.values import Token, tokens

Cue = tuple[Token, ...]


def cues(*texts: str) -> tuple[Cue, ...]:
    """Each text as tokens."""
    return tuple(tuple(tokens(text)) for text in texts)


# What follows is not believed: "I don't think it was red" gives it no more than "it wasn't red".
_DOUBTED = (
    "don't think", "do not think", "don't believe", "do not believe", "I doubt", "can't be", "cannot be", "can not be",
    "couldn't be", "could not be", "不认为", "不觉得", "不可能",
)  # fmt: skip
# What follows is denied.
DENIED = cues(
    *_DOUBTED,
    "not", "isn't", "wasn't", "aren't", "weren't", "never", "neither", "nor", "rather than", "instead of",
    "不是", "并非", "不再", "不是", "没有", "是否", "不学", "不去", "不在", "不要",
)  # fmt: skip
# Of these, the ones that deny an accepted answer too: "it wasn't red". "The photo does not show the bell" and 没有铃铛
# may well say what is missing.
EQUATED = cues(
    *_DOUBTED,
    "isn't", "wasn't", "aren't", "weren't", "neither", "nor", "rather than", "instead of", "whether",
    "不是", "并非", "不再是", "是否", "is not", "was not", "are not", "were not", "it's not",
)  # fmt: skip
ADJACENT = cues("not", "never")  # these deny an accepted answer only where it stands right behind them
EXISTS = cues("there")  # "there isn't a bell" denies nothing either

# A candidate of another time; only other candidates than the accepted ones are set aside by it.
SUPERSEDED = cues(
    "from", "before", "previously", "originally", "initially", "earlier", "formerly", "no longer", "used to",
    "instead of", "rather than", "at first", "first", "unlike", "changed", "moved", "old", "original", "previous",
    "replaced", "replaces", "replacing", "started", "began",
    "原来", "原本", "本来", "之前", "以前", "起初", "最初", "一开始", "先是", "先说", "你先", "从", "由",
)  # fmt: skip
# The same at the end of a clause: "it was 9:30 before".
SUPERSEDED_BEHIND = cues(
    "before", "previously", "originally", "initially", "earlier", "formerly", "at first", "before that",
    "是之前的", "是原来的", "是以前的", "是最初的",
)  # fmt: skip
# Right before or behind a candidate: it is what holds now, whatever it came after ("changed to", "改成了").
CURRENT = cues("to", "now", "成", "成了", "成为", "到", "为", "改", "现在", "现在是", "now is", "is now", "it's now")
COMPARED = cues("compared to")
CURRENT_BEHIND = cues("now", "现在")
# The same anywhere before it, for questions that ask for what held before.
LATER = cues("now", "later", "then", "after", "现在", "后来", "之后", "改成", "改到", "改为", "换成")
# Right behind a candidate: something is worked out of it.
TAKEN_FROM = cues("minus", "less", "plus", "减", "加")
# Other candidates that follow in the clause are a comparison or a reason.
ASIDE = cues("than", "because", "since", "only", "while", "whereas", "minus", "因为", "由于", "比", "减去")
# Other candidates that follow in the sentence are the rest.
ASIDE_ON = cues(
    "others", "other ones", "rest", "remaining", "compared", "against", "versus", "vs", "followed", "then",
    "其他", "其它", "其余", "另外", "相比", "然后", "其次", "接着", "分别",
)  # fmt: skip
# Candidates anywhere in the clause are what stays as it was, or has more of it.
STAYS = cues("still", "remain", "remains", "more", "还在", "还有", "仍", "仍然", "更贵", "更便宜", "更高",
             "更低", "更大", "更小", "更热", "更冷", "更晚")  # fmt: skip

# What follows is the answer.
CONCLUSIONS = cues(
    "so", "therefore", "thus", "hence", "answer is", "answer would be", "final answer", "所以", "因此", "答案",
)  # fmt: skip
AT_START = frozenset({"so", "thus", "hence"})  # "so" concludes at the beginning of a clause
# The clause is the answer.
SETTLED = cues(
    "altogether", "in total", "total", "together", "add up to", "adds up to", "come to", "comes to", "sum", "left",
    "warmest", "hottest", "coolest", "coldest", "highest", "lowest", "cheapest", "dearest", "most expensive", "largest",
    "biggest", "smallest", "earliest", "latest", "comes first", "is first", "must", "have to", "need to", "should",
    "总共", "一共", "合计", "总计", "加起来", "还剩", "剩下", "最热", "最暖", "最凉", "最冷", "最高", "最低", "最便宜",
    "最贵", "最大", "最小", "最早", "最先", "最迟", "最晚", "需要在", "必须",
)  # fmt: skip
