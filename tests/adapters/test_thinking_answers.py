"""A candidate's thought is kept beside its answer, by every way a text comes in: it is not scored and not spoken."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Loopback, Reply

from evalkit import plugins
from evalkit.core.message import user
from evalkit.core.model import Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local.written_text import text_of

THINKS = "<think>\nMaybe 5? No.\n</think>\n\n4"
JSON = {"Content-Type": "application/json"}


def ask(asked: Model, settings: Generation | None = None) -> Response:
    with asked:
        ((_, found),) = asked.stream(iter([Request("a", (user("2 + 2?"),), settings or Generation())]))
    return found


def completion(message: dict[str, Any], finish: str = "stop", **more: Any) -> bytes:
    body = {"choices": [{"message": message, "finish_reason": finish}], "model": "m", **more}
    return json.dumps(body).encode()


def events(deltas: Sequence[dict[str, Any]]) -> list[bytes]:
    ended = [{"delta": delta, "finish_reason": None, "index": 0} for delta in deltas[:-1]]
    ended.append({"delta": deltas[-1], "finish_reason": "stop", "index": 0})
    chunks = [
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [one]} for one in ended
    ]
    return [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]


@pytest.mark.parametrize(
    ("message", "thought"),
    [
        ({"content": THINKS}, "Maybe 5? No."),
        ({"content": "4", "reasoning_content": "Maybe 5? No."}, "Maybe 5? No."),
        ({"content": "4", "reasoning": "Maybe 5? No."}, "Maybe 5? No."),
        ({"content": "4", "reasoning_content": "", "reasoning": None}, None),
        ({"content": "4", "reasoning": {"odd": 1}}, None),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Maybe 5? No."}]},
                      {"type": "text", "text": "4"}]}, "Maybe 5? No."),
        ({"content": [{"type": "reasoning", "text": "Maybe 5? No."}, {"type": "text", "text": "4"}]}, "Maybe 5? No."),
        ({"content": "<think>No.</think>4", "reasoning_content": "Maybe 5?"}, "Maybe 5?\n\nNo."),
    ],
)  # fmt: skip
def test_chat_completions(serve: Callable[..., Loopback], message: dict[str, Any], thought: str | None) -> None:
    pytest.importorskip("openai")
    server = serve(lambda asked: Reply(completion({"role": "assistant", **message}), headers=JSON))
    arguments = {"base_url": f"{server.url}/v1", "model": "m"}
    found = ask(plugins.load_model("openai-compatible", arguments))
    assert (found.failure, found.text, found.thought) == (None, "4", thought)


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": "<thi"}, {"content": "nk>Maybe 5? "}, {"content": "No.</th"}, {"content": "ink>\n\n4"}],
        [{"reasoning_content": "Maybe 5? "}, {"reasoning_content": "No."}, {"content": "4"}],
        [{"reasoning": "Maybe 5? "}, {"reasoning": "No.", "content": ""}, {"content": "4"}],
    ],
)
def test_streamed_chat_completions(serve: Callable[..., Loopback], deltas: list[dict[str, Any]]) -> None:
    pytest.importorskip("openai")
    server = serve(lambda asked: Reply(pieces=events(deltas), headers={"Content-Type": "text/event-stream"}))
    arguments = {"base_url": f"{server.url}/v1", "model": "m", "stream": "true"}
    found = ask(plugins.load_model("openai-compatible", arguments))
    assert (found.failure, found.text, found.thought) == (None, "4", "Maybe 5? No.")


def test_generate_content(serve: Callable[..., Loopback], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("google.genai")
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    parts = [{"text": "Maybe 5? No.", "thought": True}, {"text": "4"}]
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "modelVersion": "m"}
    server = serve(lambda asked: Reply(json.dumps(body).encode(), headers=JSON))
    found = ask(plugins.load_model("gemini", {"base_url": server.url, "model": "m"}))
    assert (found.failure, found.text, found.thought) == (None, "4", "Maybe 5? No.")


PROGRAM = """
import json, sys
for line in sys.stdin:
    key = json.loads(line)["id"]
    print(json.dumps({"id": key, **json.loads(sys.argv[1])}), flush=True)
"""


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ({"text": THINKS}, ("4", "Maybe 5? No.", None)),
        ({"text": "4", "thought": "hm"}, ("4", "hm", None)),
        ({"text": "<think>Maybe"}, ("", "Maybe", {"truncated": 1.0})),
    ],
)
def test_programs(tmp_path: Path, reply: dict[str, str], told: tuple[Any, ...]) -> None:
    program = tmp_path / "answers.py"
    program.write_text(PROGRAM)
    line = shlex.join([sys.executable, "-S", str(program), json.dumps(reply)])
    found = ask(plugins.load_model("command", {"cmd": line}))
    assert (found.text, found.thought, found.usage) == told


def test_a_program_whose_thought_is_no_text_gives_no_answer(tmp_path: Path) -> None:
    program = tmp_path / "answers.py"
    program.write_text(PROGRAM)
    line = shlex.join([sys.executable, "-S", str(program), json.dumps({"text": "4", "thought": 3})])
    found = ask(plugins.load_model("command", {"cmd": line}))
    assert found.failure is not None
    assert '"thought" is int' in found.failure.message


@model("thinks-aloud")
class ThinksAloud(Model):
    """A model of somebody else's package, whose author thought of nothing."""

    def stream(self, requests: Any) -> Any:
        for request in requests:
            yield request.id, Response(text=THINKS)


class ThinksMore(ThinksAloud):
    """Its stream is another's."""

    def stream(self, requests: Any) -> Any:
        yield from super().stream(requests)


@pytest.mark.parametrize("kind", [ThinksAloud, ThinksMore])
def test_models_of_other_packages(kind: type[Model]) -> None:
    found = ask(kind())
    assert (found.text, found.thought) == ("4", "Maybe 5? No.")


def test_a_stream_that_is_left_early_is_closed() -> None:
    ended: list[bool] = []

    class Watched(Model):
        def stream(self, requests: Any) -> Any:
            try:
                for request in requests:
                    yield request.id, Response(text="4")
            finally:
                ended.append(True)

    answers: Any = Watched().stream(iter([Request("a", ()), Request("b", ())]))
    next(answers)
    answers.close()
    assert ended == [True]


def test_a_cascade_does_not_speak_its_thought(tmp_path: Path) -> None:
    answers, speaks = tmp_path / "answers.py", tmp_path / "speaks.py"
    answers.write_text(PROGRAM)
    log = tmp_path / "spoken.txt"
    speaks.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        f"    open({str(log)!r}, 'a').write(asked['messages'][-1]['content'][0]['text'])\n"
        "    print(json.dumps({'id': asked['id'], 'text': 'x'}), flush=True)\n"
    )
    reply = tmp_path / "reply.json"
    reply.write_text(json.dumps({"text": THINKS}))
    answers.write_text(PROGRAM.replace("sys.argv[1]", f"open({str(reply)!r}).read()"))
    parts = {
        "llm": f"command,cmd={sys.executable} -S {answers}",
        "tts": f"command,cmd={sys.executable} -S {speaks}",
    }
    found = ask(plugins.load_model("cascade", parts), Generation(speech=True))
    assert (found.text, found.thought) == ("4", "Maybe 5? No.")
    assert log.read_text() == "4"


class Vocabulary:
    """A tokenizer of whole words, some of them special, as those of transformers decode them."""

    words = (
        "<pad>",
        "<|channel|>",
        "<|message|>",
        "<|end|>",
        "<|start|>",
        "[THINK]",
        "[/THINK]",
        "<think>",
        "</think>",
    )
    all_special_ids = tuple(range(7))  # <think> is an added token that decoding leaves in, as in Qwen3

    def convert_ids_to_tokens(self, value: int) -> str:
        return self.words[value] if value < len(self.words) else chr(value)

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        kept = [one for one in ids if not (skip_special_tokens and one in self.all_special_ids)]
        return "".join(map(self.convert_ids_to_tokens, kept))


def coded(*pieces: int | str) -> list[int]:
    return [value for piece in pieces for value in ([piece] if isinstance(piece, int) else map(ord, piece))]


@pytest.mark.parametrize(
    ("prompt", "written", "answer", "cut"),
    [
        (coded("Q"), coded(5, "hm", 6, "4"), "4", False),
        (coded("Q"), coded(1, "analysis", 2, "hm", 3, 4, "assistant", 1, "final", 2, "4", 3), "4", False),
        (coded("Q"), coded(1, "analysis", 2, "hm"), "", True),
        (coded("Q"), coded(7, "hm", 8, "4"), "4", False),
        (coded("Q", 7, "\n"), coded("hm", 8, "4"), "4", False),
        (coded("Q", 7, "\n"), coded("hm, is it 4"), "", True),
        (coded("Q", 7, "\n\n", 8, "\n\n"), coded("4"), "4", False),
        (coded("Q", 5), coded("hm"), "", True),
        (coded("Q"), coded("4", 0), "4", False),
        (coded("Q"), [], "", False),
    ],
)
def test_marks_that_are_special_tokens_or_stand_in_the_prompt(
    prompt: list[int], written: list[int], answer: str, cut: bool
) -> None:
    from evalkit.core.thinking import split

    found = split(text_of(Vocabulary(), written, prompt))
    assert (found.answer, found.cut) == (answer, cut)


def test_a_local_model_whose_template_opens_the_thought(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    import tiny_checkpoint
    from transformers import AutoTokenizer

    folder = tiny_checkpoint.make(tmp_path / "tiny")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    plain = ask(plugins.load_model("transformers-text", {"model": str(folder)}), Generation(max_new_tokens=8))
    assert plain.thought is None
    tokenizer.chat_template = tiny_checkpoint.TEMPLATE.replace(
        "<|assistant|>{% endif", "<|assistant|><think>\n{% endif"
    )
    tokenizer.save_pretrained(folder)
    found = ask(plugins.load_model("transformers-text", {"model": str(folder)}), Generation(max_new_tokens=8))
    assert found.usage is not None
    assert (found.failure, found.text, found.usage["truncated"]) == (None, "", 1.0)
    assert found.thought
