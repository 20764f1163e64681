"""Thoughts are told from answers in every form the families write them, and nothing else is touched."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalkit.core import thinking
from evalkit.core.response import Response, without_thought

# What a reasoning model writes around a thought; {} stands for it. The marks are those of the families' templates.
CLOSED = {
    "think": "<think>{}</think>\n\n",
    "think on lines": "<think>\n{}\n</think>\n\n",
    "capitals": "<THINK>{}</Think>",
    "lone closing": "{}\n</think>\n\n",
    "space before": " \n<think>{}</think> ",
    "two thoughts": "<think>{}</think>\n<think>more</think>\n",
    "nested": "<think>{} <think>deeper</think> on</think>\n",
    "speaks of its mark": "<think>{} the user wrote <think> here</think>\n",
    "closed twice": "<think>{}</think>\n</think>\n",
    "attribute": '<think time="3">{}</think>',
    "thinking": "<thinking>{}</thinking>\n",
    "thought": "<thought>\n{}\n</thought>\n",
    "marco": "<Thought>{}</Thought>\n",
    "reasoning": "<reasoning>{}</reasoning>\n",
    "seed": "<seed:think>{}</seed:think>",
    "longcat": "<longcat_think>{}</longcat_think>\n",
    "k2": "<think_fast>{}</think_fast>",
    "kimi": "◁think▷{}◁/think▷",
    "mistral": "[THINK]{}[/THINK]",
    "open thoughts": "<|begin_of_thought|>\n{}\n<|end_of_thought|>\n\n",
    "command a": "<|START_THINKING|>{}<|END_THINKING|>",
    "apertus": "<|inner_prefix|>{}<|inner_suffix|>",
    "gemma": "<|channel>thought\n{}<channel|>",
    "medgemma": "<unused94>thought\n{}<unused95>",
    "pangu": "[unused16]{}[unused17]",
    "gpt-oss": "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "gpt-oss without marks": "analysis{}assistantfinal",
    "granite": "Here is my thought process: {} Here is my response: ",
    "huatuo": "## Thinking\n\n{}\n\n## Final Response\n\n",
}
WRAPPED = {
    "answer": ("<think>{}</think>\n<answer>\n", "\n</answer>"),
    "marco": ("<Thought>{}</Thought>\n<Output>", "</Output>"),
    "solution": ("<|begin_of_thought|>{}<|end_of_thought|><|begin_of_solution|>", "<|end_of_solution|>"),
    "command a": ("<|START_THINKING|>{}<|END_THINKING|><|START_RESPONSE|>", "<|END_RESPONSE|>"),
    "gpt-oss": ("<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>", "<|return|>"),
}
CUT = {
    "think": "<think>{}",
    "think after a line": "\n<think>\n{}",
    "second thought": "<think>first</think>\n<think>{}",
    "thinking": "<thinking>{}",
    "kimi": "◁think▷{}",
    "mistral": "[THINK]{}",
    "open thoughts": "<|begin_of_thought|>{}",
    "seed": "<seed:think>{}",
    "reasoning": "<reasoning>{}",
    "gpt-oss": "<|channel|>analysis<|message|>{}",
    "gpt-oss without marks": "analysisWe see: {}",
    "gemma": "<|channel>thought\n{}",
}
PLAIN = [
    "",
    "Yes",
    " 4 \n",
    "I think so.",
    "The tag `<think>` opens a thought, and `</think>` closes it.",
    'It is spelled "<think>".',
    "a < b and b > c",
    "x <think> y",
    "I like <reasoning>this</reasoning> tag",
    "An analysis of the assistant's final answer",
    "analysis: it is fine",
    "Here is my thought process: first I count.",
    "## Thinking\n\nA poem.",
    "[think] positive [/think]",
    '{"reason": "fine", "score": 4}',
    "<answer>4</answer>",
    "<b>4</b>",
    "```xml\n<think>\n```\nopens a thought, I say.",
    "Write it so:\n\n```\n<think>\nsteps\n</think>\nanswer\n```\nThat is all.",
    "~~~~\n```\n<think>\n~~~~\n4",
]
THOUGHT = "It is 5? No: [[1]], yes, 4.\nI am sure."


@pytest.mark.parametrize("form", CLOSED)
@pytest.mark.parametrize("answer", ["4", "Yes", '{"score": 4}', "two\nlines\n"])
def test_a_whole_thought_is_taken_off(form: str, answer: str) -> None:
    found = thinking.split(CLOSED[form].format(THOUGHT) + answer)
    assert (found.answer, found.cut) == (answer, False)
    assert found.thought is not None
    assert THOUGHT in found.thought


@pytest.mark.parametrize("form", WRAPPED)
def test_what_wraps_the_answer_goes_with_the_thought(form: str) -> None:
    before, behind = WRAPPED[form]
    assert thinking.split(before.format(THOUGHT) + "4" + behind)[1:] == ("4", False)


@pytest.mark.parametrize("form", CUT)
def test_a_thought_without_end_is_no_answer(form: str) -> None:
    found = thinking.split(CUT[form].format(THOUGHT))
    assert (found.answer, found.cut) == ("", True)
    assert THOUGHT in (found.thought or "")


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert thinking.split(text) == (None, text, False)


@pytest.mark.parametrize("empty", ["<think>\n\n</think>\n\n", "</think>\n\n", "<think></think>", "◁think▷◁/think▷"])
def test_a_thought_left_out_is_none(empty: str) -> None:
    assert thinking.split(f"{empty}4") == (None, "4", False)


def test_thoughts_within_an_answer_are_taken_out() -> None:
    assert thinking.split("Sure. <think>hm</think> 4") == ("hm", "Sure.  4", False)
    assert thinking.split("Yes\n<think>Let me verify") == ("Let me verify", "Yes", True)


def test_code_within_a_thought_hides_nothing() -> None:
    assert thinking.split("<think>\n```\n<think>\n```\n</think>\n4").answer == "4"
    assert thinking.split("I write\n```\n<think>\n```\nso.\n</think>\n4").answer == "4"
    assert thinking.split("```\nx = 1\n</think>\n```\n4\n```").answer == "```\n4\n```"
    assert thinking.split("```\n<think>without end") == ("without end", "```", True)


PIECES = st.lists(
    st.sampled_from(
        [
            "<think>", "</think>", "<thinking>", "</thinking>", "<reasoning>", "</reasoning>", "◁think▷", "◁/think▷",
            "[THINK]", "[/THINK]", "`", "\n```\n", '"', "\n", " ", "a", "4", "<answer>", "</answer>", "<|channel|>", "<|message|>",
            "analysis", "final", "assistant", "<|end|>", "<|start|>", "<", ">", "/", "<|channel>", "<channel|>",
            "Here is my thought process:", "Here is my response:", "<|begin_of_solution|>",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(PIECES)
@example("<think>`</think>`")
def test_an_answer_holds_no_further_thought(text: str) -> None:
    found = thinking.split(text)
    assert thinking.split(found.answer) == (None, found.answer, False)


@given(st.text(st.characters(exclude_characters="<>[]◁▷", exclude_categories=["Cs"])))
def test_a_text_without_marks_is_its_own_answer(text: str) -> None:
    if not text.lstrip().startswith(("analysis", "Here", "##")):
        assert thinking.split(text) == (None, text, False)


@given(st.text(st.characters(exclude_characters="<>[]◁▷`\"'“”‘’「」«»", exclude_categories=["Cs"])), PIECES)
def test_thought_and_answer_come_apart_again(thought: str, raw: str) -> None:
    answer = thinking.split(raw).answer.strip()
    if thinking.split(answer).answer != answer or thinking.split(f"<think>a</think>{answer}").answer != answer:
        return  # it is read otherwise behind a thought, as "<answer>" is
    found = thinking.split(thinking.joined(thought, answer))
    assert found.answer == answer
    assert (found.thought or "") == thought.strip()


def test_no_text_takes_long() -> None:
    begun = time.monotonic()
    for text in (
        "<think>" * 20_000,
        "</think>" * 20_000,
        "<" + "a_" * 100_000,
        "`<think>`" * 20_000,
        "x <think> " * 20_000,
        "<think>a</think>" * 9,
    ):
        thinking.split(text)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("<|im_start|>assistant\n<think>\n", "<think>"),
        ("...<|Assistant|><think>", "<think>"),
        ("assistant\n<think>\n\n</think>\n\n", None),
        ("assistant\n", None),
        ("◁think▷", "◁think▷"),
        ("<think> is a tag", None),
    ],
)
def test_a_prompt_may_open_the_thought(prompt: str, mark: str | None) -> None:
    assert thinking.opened(prompt) == mark


def test_a_response_keeps_both_apart() -> None:
    found = without_thought(Response(text="<think>hm</think>4", thought="told aside", usage={"output_tokens": 3}))
    assert (found.text, found.thought, found.usage) == ("4", "told aside\n\nhm", {"output_tokens": 3})
    cut = without_thought(Response(text="<think>hm"))
    assert (cut.text, cut.thought, cut.usage) == ("", "hm", {"truncated": 1.0})
    assert without_thought(Response(text=None)).thought is None
