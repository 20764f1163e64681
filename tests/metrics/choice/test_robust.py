"""Our own rule for choice questions: what it reads, and where it says that it read nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import Question
from evalkit.metrics.choice.robust import robust

GENRES = ("Rock", "Reggae", "Jazz", "Pop")
VOICES = ("Man", "Woman", "Child", "Robot")
ROCKS = ("Rock", "Rock and roll", "Jazz", "Pop")
KEYS = ("C major", "A minor", "G major", "C minor")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CHINESE = ("摇滚", "爵士", "流行", "民谣")
UNREAD = None

CASES: list[tuple[Sequence[str], str, str | None]] = [
    (GENRES, "B", "B"),
    (GENRES, "b", "B"),
    (GENRES, "a", "A"),
    (GENRES, "(B)", "B"),
    (GENRES, "B.", "B"),
    (GENRES, "**B**", "B"),
    (GENRES, "Ｂ", "B"),
    (GENRES, "（Ｃ）", "C"),
    (GENRES, "Ⓒ", "C"),
    (GENRES, "答案：Ｂ", "B"),
    (GENRES, "`D`", "D"),
    (GENRES, "Answer: C", "C"),
    (GENRES, "The answer is (C) because A and B are wrong", "C"),
    (GENRES, "The answer is C because A and B are less likely", "C"),
    (GENRES, "The answer is A because the guitar", "A"),
    (GENRES, "The answer is a jazz piece", "C"),
    (GENRES, "The answer is not A. It is B.", "B"),
    (GENRES, "The answer isn't A, it's reggae", "B"),
    (GENRES, "A or B", UNREAD),
    (GENRES, "The answer is A or B", UNREAD),
    (GENRES, "I think (A) or (B)", UNREAD),
    (GENRES, "", UNREAD),
    (GENRES, "None of them", UNREAD),
    (GENRES, "According to the audio, reggae", "B"),
    (GENRES, "reggae", "B"),
    (GENRES, "Reggae.", "B"),
    (GENRES, "B. Reggae", "B"),
    (GENRES, "B. Rock", UNREAD),
    (GENRES, "(B) Reggae", "B"),
    (GENRES, "B: Reggae", "B"),
    (GENRES, "B) Reggae music", "B"),
    (GENRES, "Actually, it is hard to tell", UNREAD),
    (GENRES, "Because of the beat", UNREAD),
    (GENRES, "Based on the audio, the answer is D", "D"),
    (GENRES, "Correct answer: D", "D"),
    (GENRES, "Best option: C", "C"),
    (GENRES, "<think>The answer is A</think>B", "B"),
    (GENRES, "I think A</think>\n\nThe answer is C", "C"),
    (GENRES, "<think>The answer is A", UNREAD),
    (GENRES, "<think>A</think>", UNREAD),
    (GENRES, "<think>\nIt could be A.\n</think>\n\n**Answer: D**", "D"),
    (GENRES, "\\boxed{C}", "C"),
    (GENRES, "The final answer is $\\boxed{\\text{C}}$.", "C"),
    (GENRES, "<answer>B</answer>", "B"),
    (GENRES, "<answer>B. Reggae</answer>", "B"),
    (GENRES, "[[B]]", "B"),
    (GENRES, "选B", "B"),
    (GENRES, "我选择选项C", "C"),
    (GENRES, "答案是B。", "B"),
    (GENRES, "正确答案为：D", "D"),
    (GENRES, "不选A，选B", "B"),
    (GENRES, "答えはBです", "B"),
    (GENRES, "정답은 C입니다", "C"),
    (GENRES, "La respuesta correcta es B.", "B"),
    (GENRES, "Die Antwort ist (D).", "D"),
    (GENRES, "La réponse est C", "C"),
    (GENRES, "Правильный ответ: B", "B"),
    (GENRES, "الإجابة الصحيحة هي B", "B"),
    (GENRES, "คำตอบคือ C", "C"),
    (GENRES, "Đáp án là D", "D"),
    (GENRES, "B选项是正确的", "B"),
    (GENRES, "选项A是错误的，选项B是正确的", "B"),
    (VOICES, "It is a man, not a woman", "A"),
    (VOICES, "The speaker is a woman.", "B"),
    (VOICES, "Not a man. A woman.", "B"),
    (VOICES, "The speaker sounds like a man or a woman", UNREAD),
    (VOICES, "A man", "A"),
    (VOICES, "A woman is speaking", "B"),
    (VOICES, "It's not a robot", UNREAD),
    (ROCKS, "Rock and roll", "B"),
    (ROCKS, "This is rock and roll.", "B"),
    (ROCKS, "This is rock music", "A"),
    (KEYS, "C major", "A"),
    (KEYS, "A. C major", "A"),
    (KEYS, "The key is A minor.", "B"),
    (KEYS, "The answer is C minor", "D"),
    (KEYS, "The answer is C", "C"),
    (GENRES, "A. Rock\nB. Reggae\nC. Jazz\nD. Pop", UNREAD),
    (GENRES, "A. Rock\nB. Reggae\nC. Jazz\nD. Pop\n\nAnswer: B", "B"),
    (GENRES, "Options are A. Rock B. Reggae\nThe best is\nC", "C"),
    (GENRES, "Option A is wrong. Option B is wrong. Option C is correct. Option D is wrong.", "C"),
    (GENRES, "A is incorrect, B is incorrect, D is correct", "D"),
    (GENRES, "The answer is A? No, the answer is B.", "B"),
    (GENRES, "If the answer is A, the beat would be faster. So the answer is D.", "D"),
    (GENRES, "The answer is A. Wait, no: the answer is C.", "C"),
    (GENRES, "I'd go with D.", "D"),
    (GENRES, "I would choose option b", "B"),
    (GENRES, "E", UNREAD),
    (GENRES, "The answer is E", UNREAD),
    (GENRES, "vitamin C is good", UNREAD),
    (("Yes", "No"), "Yes, because there is no dog", "A"),
    (("Yes", "No"), "No.", "B"),
    (("Yes", "No"), "yes", "A"),
    (("True", "False"), "False, it is not true", "B"),
    (("B", "A", "C", "D"), "A", UNREAD),
    (NUMBERS, "I think it is two", "B"),
    (NUMBERS, "I", "I"),
    (CHINESE, "这是一首爵士乐", "B"),
    (CHINESE, "不是摇滚，是流行音乐", "C"),
    (GENRES, "The answer is: B) Reggae", "B"),
    (GENRES, "**Answer:** B", "B"),
    (GENRES, "Answer:\nB", "B"),
    (GENRES, "answer: b", "B"),
    (GENRES, "Answer - B", "B"),
    (GENRES, "### Final Answer\nB", "B"),
    (GENRES, "The correct option is **D**.", "D"),
    (GENRES, "It is option C", "C"),
    (GENRES, '"B"', "B"),
    (GENRES, "b) reggae", "B"),
    (GENRES, "B, because of the offbeat", "B"),
    (GENRES, "B because", "B"),
    (GENRES, "I choose A", "A"),
    (GENRES, "I would say A.", "A"),
    (GENRES, "Both B and C", UNREAD),
    (GENRES, "Definitely not B", UNREAD),
    (GENRES, "None", UNREAD),
    (GENRES, "The answer is neither A nor B", UNREAD),
    (GENRES, "I can't determine the answer.", UNREAD),
    (GENRES, "A", "A"),
    (GENRES, "A.", "A"),
    (GENRES, "A Rock", "A"),
    (GENRES, "I", UNREAD),
    (GENRES, "The answer is either A or D", UNREAD),
    (GENRES, "The correct answer is A, B, and C", UNREAD),
    (GENRES, "Answer: A and B", UNREAD),
    (GENRES, "The answer is B, not A", "B"),
    (GENRES, "Not A but B", "B"),
    (GENRES, "rather C than A", "C"),
    (GENRES, "Es ist B", "B"),
    (GENRES, "The answer is rock.", "A"),
    (GENRES, 'The genre of the song is most likely "Jazz".', "C"),
    (GENRES, "😀 B", "B"),
    (GENRES, "B\n\nExplanation: A is a rock song, but this is reggae.", "B"),
    (("3", "13", "23", "30"), "13", "B"),
    (("3", "13", "23", "30"), "There are 3 dogs", "A"),
    (("3.5", "3", "5", "35"), "The answer is 3.5", "A"),
    (("3", "3.5", "5", "35"), "It lasts 3.5 s", "B"),
    (GENRES, "I’d go with B", "B"),
    (GENRES, "The answer is B.\nRock is slower.", "B"),
    (GENRES, "Answer：C", "C"),
    (GENRES, "◁think▷A◁/think▷C", "C"),
    (GENRES, "[THINK]It is A[/THINK]C", "C"),
    (GENRES, "<reasoning>A</reasoning><answer>D</answer>", "D"),
    (("G", "A#", "D", "E"), "The correct answer is: D.", UNREAD),
    (("C", "Gm", "Cm7", "Eb"), "A", "A"),
    (GENRES, "ⓑ", "B"),
    (GENRES, "Vitamin C, vitamin B", UNREAD),
    (GENRES, "U.S.A.", UNREAD),
    (GENRES, "C++ or C#", UNREAD),
    (VOICES, "The voice is not that of a robot; it is a child", "C"),
]


@pytest.mark.parametrize(("options", "response", "letter"), CASES)
def test_robust(options: Sequence[str], response: str, letter: str | None) -> None:
    found = robust(Question(tuple(options), 0), response)
    assert (None if isinstance(found, Lost) else found) == letter


@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "**{}**",
        "({})",
        "`{}`",
        "{}.",
        "\n\n{}\n",
        "\\boxed{{{}}}",
        "<answer>{}</answer>",
        "Answer: {}",
        "The answer is {}.",
        "答案是{}。",
        "정답은 {}입니다.",
        "正解は{}です。",
    ],
)
@pytest.mark.parametrize("letter", "ABCD")
def test_every_letter_in_every_form(wrap: str, letter: str) -> None:
    """Also A, which is a word, and what is wide."""
    for written in (letter, chr(ord(letter) + 0xFEE0)):
        assert robust(Question(GENRES, 0), wrap.format(written)) == letter


@pytest.mark.parametrize("thought", ["The answer is A.", "A", "\\boxed{A}", "(A) Rock", "答案是A"])
@pytest.mark.parametrize(
    ("opening", "closing"), [("<think>", "</think>"), ("", "</think>"), ("<thinking>\n", "\n</thinking>")]
)
def test_a_thought_is_no_answer(thought: str, opening: str, closing: str) -> None:
    assert robust(Question(GENRES, 0), f"{opening}{thought}{closing}") is Lost.WRONG
    assert robust(Question(GENRES, 0), f"{opening}{thought}{closing}\nThe answer is C.") == "C"


def test_a_thought_that_was_cut_off_is_no_answer() -> None:
    assert robust(Question(GENRES, 0), "<think>The answer is A. Or rather") is Lost.WRONG
