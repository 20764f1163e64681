"""Models with a released `chat` for one conversation, answered in batches by way of their language model's input."""

from __future__ import annotations

import contextlib
import copy
import random
import sys
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local import checkpoints, remote_code
from evalkit.models.local.batching import OutOfMemoryError, Prepared
from evalkit.models.local.budgets import token_budget
from evalkit.models.local.captured_decoding import decode, stop_tokens
from evalkit.models.local.embedding_capture import Capture, CaptureError, Tap
from evalkit.models.local.generation import Row, cut_text, memory_errors, processors
from evalkit.models.local.message_files import MessageFiles, write
from evalkit.models.local.transformers_loading import resolve_device
from evalkit.models.local.transformers_model import TransformersModel

RATE = 24000  # Hz, of the speech
_WORD = [{"role": "user", "content": "yes"}]  # a conversation to try `chat` on, and to turn tokens into text


@dataclass(slots=True)
class ChatRow(Row):
    """A conversation on its way.

    Args:
        ids: empty; the prompt is in `capture`.
        files: messages as `chat` takes them, media on disk.
        capture: what the language model gets; None where there is none (yet).
        whole: why the conversation is answered alone; empty where it is not.
    """

    files: MessageFiles | None = None
    capture: Capture | None = None
    whole: str = ""


class CapturedChatModel(TransformersModel):
    """A checkpoint with code of its own, whose model has `chat` and, inside, `language_model.generate`.

    `chat` is called up to its language model in the threads that prepare, one call at a time; rows are decoded
    together; `chat` then turns each row's tokens into its answer, spoken where asked for.

    Args:
        path: directory of the checkpoint, or its Hugging Face id in the local cache.
        trust_remote_code: run the checkpoint's Python files; without it nothing is loaded.
        batched: false answers one conversation after the other, by `chat` alone.
        dtype, attn, device, batch_size, token_budget, threads: as for every local family.

    Attributes:
        module: name of the modelling file that marks the family.
        needed: further files without which it does not load, with what they are.
    """

    module: str = ""
    needed: Mapping[str, str] = {}
    incidental = TransformersModel.incidental | {"trust_remote_code"}

    def __init__(
        self,
        path: str | None = None,
        trust_remote_code: bool = False,
        batched: bool = True,
        **further: Any,
    ) -> None:
        self._require(path or self.checkpoint, trust_remote_code)
        super().__init__(path, **further)
        self.code = remote_code.code_of(self.folder, self.config, self.needed)
        self.whole = "" if batched else "batched=false"
        self._noted = ""
        self._chatting = threading.RLock()

    def _require(self, where: str | None, trusted: bool) -> None:
        """All that is missing, in one message.

        Raises:
            UsageError: listing it.
        """
        missing = []
        if where is None:
            missing.append("name the checkpoint: --model-arg path=DIRECTORY or a Hugging Face id")
        else:
            try:
                folder = checkpoints.locate(where)
            except UsageError as error:
                missing.append(f"get the weights, all files of the repository: {error}")
            else:
                self.architectures = self._family(where, folder)
                missing += [
                    f"get {file} ({what}), which {folder} lacks; downloads that keep only safetensors leave it out"
                    for file, what in self.needed.items()
                    if not (folder / file).is_file()
                ]
        if not trusted:
            missing.append(
                "allow its code: this model runs Python files that come with the checkpoint. Read them, then add "
                "--trust-remote-code"
            )
        if missing:
            steps = "\n".join(f"  {number}. {step}" for number, step in enumerate(missing, 1))
            raise UsageError(f"model '{self.name}' cannot be loaded yet. To do:\n{steps}")

    def _family(self, where: str, folder: Path) -> tuple[str, ...]:
        """Class names of a checkpoint of this family: told by its modelling file, whatever its class is called."""
        config = checkpoints.read_json(folder / "config.json")
        found = checkpoints.architectures(folder)
        if str((config.get("auto_map") or {}).get("AutoModel", "")).split(".")[0] == self.module:
            return found or self.architectures
        return self.architectures

    def identity(self) -> Mapping[str, Any]:
        """Arguments, fingerprint of the checkpoint, and hash of its code and the further files it needs."""
        return {**super().identity(), "code": self.code}

    def versions(self) -> Mapping[str, str]:
        """Versions of packages, and how conversations were answered."""
        how = f"one by one: {self._noted}" if self._noted else "batched"
        return {**super().versions(), "conversations": how}

    def status(self) -> str:
        """Rates, and why conversations are answered alone."""
        line = super().status()
        return f"{line}, one by one" if line and self._noted else line

    def start(self) -> None:
        """Load tokenizer and model by the checkpoint's code, and try the capture on one word.

        Raises:
            UsageError, MissingExtraError: it cannot be loaded.
        """
        self.device = resolve_device(self.device_wanted)
        attn = remote_code.attention(self.attn, self.device)
        self.tokenizer, self.model = remote_code.load(self.folder, self.dtype, attn, self.device)
        self.token_budget = self._budget_wanted or token_budget(self.model, self.config, self.device)
        if not self.whole:
            self.whole = self._try_capture()
        if self.whole:
            self._note(self.whole)

    def _try_capture(self) -> str:
        """Why the capture does not fit this model; empty where it does."""
        import torch

        settings = Generation(max_new_tokens=4)
        with torch.inference_mode(), remote_code.on(self.device):
            try:
                self.tap = Tap(self.model)
                capture = self.tap.capture(lambda: self.chat(_WORD, settings))
                stop = sorted(stop_tokens(self.tap, capture.settings))[:1]
                tokens = [*self.tokenizer("yes", add_special_tokens=False)["input_ids"], *stop]
                answer = self.tap.play(lambda: self.chat(_WORD, settings), tokens)
            except CaptureError as error:
                problem = str(error)
            except Exception as error:  # whatever the released code makes of it, it still answers one by one
                problem = f"chat stumbled over the capture ({type(error).__name__}: {error})"
            else:
                problem = "" if isinstance(answer, str) else f"chat returned {type(answer).__name__}, not a text"
        if problem and hasattr(self, "tap"):
            self.tap.remove()
        return problem

    def _note(self, why: str) -> None:
        """Say once, on stderr, that conversations are answered alone; `versions` and usage keep it."""
        if not self._noted:
            self._noted = why
            sys.stderr.write(f"evalkit: notice: {self.name} answers conversations one by one, not in batches: {why}\n")

    @abstractmethod
    def chat(self, messages: Sequence[Mapping[str, Any]], settings: Generation, seed: int | None = None) -> Any:
        """Call the released `chat`; families give its arguments.

        Args:
            messages: in the released format.
            settings: of the generation.
            seed: draw text by the library's sampler, where a temperature is asked for; None is greedy.
        """

    def messages(self, files: MessageFiles, request: Request) -> list[dict[str, Any]]:
        """What `chat` gets; families add what the checkpoint needs."""
        return files.messages

    def estimate(self, files: MessageFiles) -> int:
        """Tokens of a prompt that was not captured, roughly."""
        return sum(len(str(message)) for message in files.messages)

    def prepare(self, request: Request) -> Prepared[Row]:
        """Write the media to files and capture what the language model gets of them; runs in threads."""
        if request.schema is not None:
            raise DataError(f"sample '{request.id}'", f"model '{self.name}' cannot be held to a schema")
        files = write(request.messages)
        try:
            return self._prepared(request, files)
        except BaseException:
            files.close()
            raise

    def _prepared(self, request: Request, files: MessageFiles) -> Prepared[Row]:
        import torch

        row = ChatRow(torch.zeros(0, dtype=torch.long), files=files, whole=self.whole)
        if files.audio_seconds:
            row.usage["audio_seconds"] = files.audio_seconds
        kind = "late"
        if not row.whole:
            with contextlib.suppress(OutOfMemoryError):  # again in its batch, when nothing else is on the device
                self._capture(row, request)
        if row.whole:
            kind = f"alone {request.id}"  # a batch of its own
        length = self.estimate(files)
        if row.capture is not None:
            kind, length = row.capture.kind, row.capture.length
            row.usage["input_tokens"] = length
            if not request.settings.speech:
                files.close()
        # An estimate is no reason to refuse.
        most = self.most_new_tokens(request.settings, 0 if row.capture is None else length)
        held = 0 if row.capture is None else row.capture.bytes
        return Prepared(request, row, length + most, held, kind)

    def _capture(self, row: ChatRow, request: Request) -> None:
        """Fill in the row's capture, or why there is none.

        Raises:
            OutOfMemoryError: no room for its media beside what is on the device.
        """
        import torch

        assert row.files is not None
        messages = self.messages(row.files, request)
        with memory_errors(), torch.inference_mode(), self._chatting, remote_code.on(self.device):
            try:
                row.capture = self.tap.capture(lambda: self.chat(messages, request.settings))
            except CaptureError as error:
                row.whole = str(error)
                self._note(row.whole)

    def answer(self, batch: Sequence[Prepared[Row]]) -> Sequence[Response]:
        """Decode the rows of a batch together, and finish each by `chat`; rows without a capture go alone."""
        import torch

        found: dict[str, Response] = {}
        together: dict[str, list[Prepared[Row]]] = {}
        with memory_errors(), torch.inference_mode(), remote_code.current(self.device):
            for item in batch:
                row = _chat_row(item)
                if row.capture is None and not row.whole:
                    self._capture(row, item.request)
                if row.capture is None:
                    found[item.request.id] = self._alone(item)
                else:
                    together.setdefault(row.capture.kind, []).append(item)
            for items in together.values():
                for item, response in zip(items, self._together(items), strict=True):
                    found[item.request.id] = response
        for item in batch:
            if (files := _chat_row(item).files) is not None:
                files.close()
        return [found[item.request.id] for item in batch]

    def _together(self, items: Sequence[Prepared[Row]]) -> list[Response]:
        settings = items[0].request.settings
        captures = [capture for item in items if (capture := _chat_row(item).capture) is not None]
        drawn = processors([item.request for item in items], settings)
        written = decode(self.tap, captures, drawn, self.device)
        with self._chatting, remote_code.on(self.device):
            return [self._finished(item, tokens) for item, tokens in zip(items, written, strict=True)]

    def _finished(self, item: Prepared[Row], tokens: list[int]) -> Response:
        """The answer that `chat` makes of a row's tokens."""
        row, settings = _chat_row(item), item.request.settings
        usage = {**row.usage, "output_tokens": float(len(tokens))}
        assert row.files is not None and row.capture is not None
        if tokens[-1:] and tokens[-1] not in stop_tokens(self.tap, row.capture.settings):
            usage["truncated"] = 1.0  # at the bound on new tokens
        if not settings.speech:
            # What was asked plays no part in turning tokens into text, so it is not encoded a second time.
            return _response(self.tap.play(lambda: self.chat(_WORD, settings), tokens), settings, usage)
        messages = self.messages(row.files, item.request)
        _seed(item.request.seed)
        try:
            made = self.tap.play(lambda: self.chat(messages, settings), tokens, row.capture)
        except CaptureError as error:
            self._note(str(error))
            return self._alone(item)
        return _response(made, settings, usage)

    def _alone(self, item: Prepared[Row]) -> Response:
        """One conversation by `chat` from beginning to end."""
        row, request = _chat_row(item), item.request
        assert row.files is not None
        with self._chatting, remote_code.on(self.device):
            _seed(request.seed)
            seed = request.seed if request.settings.temperature > 0 else None
            made = self.chat(self.messages(row.files, request), request.settings, seed)
        return _response(made, request.settings, {**row.usage, "one_by_one": 1.0})


def _chat_row(item: Prepared[Row]) -> ChatRow:
    assert isinstance(item.work, ChatRow)
    return item.work


def _seed(seed: int) -> None:
    """Seed what released code may draw from."""
    import numpy as np
    import torch

    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def _response(made: Any, settings: Generation, usage: Mapping[str, float]) -> Response:
    from evalkit.media.audio import from_samples

    text, wave = made if isinstance(made, tuple) else (made, None)
    response = Response(text=cut_text(str(text), settings.stop), usage=dict(usage))
    if response.text != str(text):
        usage = response.usage = {key: value for key, value in usage.items() if key != "truncated"}
    if not settings.speech:
        return response
    samples = None if wave is None else wave.detach().reshape(-1).float().cpu().numpy()
    if samples is None or len(samples) == 0:
        return Response(failure=Failure("model", f"it said nothing; it wrote: {response.text!r}"))
    response.audio = from_samples(samples, RATE)
    response.usage = {**usage, "speech_seconds": len(samples) / RATE}
    return response


def with_instruction(messages: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Messages that open with this system text; one of the conversation follows it in the same turn."""
    if not messages or messages[0]["role"] != "system":
        return [{"role": "system", "content": text}, *copy.deepcopy(list(messages))]
    given = messages[0]["content"]
    if given == text:
        return copy.deepcopy(list(messages))
    joined = f"{text}\n{given}" if isinstance(given, str) else [{"type": "text", "text": f"{text}\n"}, *given]
    return [{"role": "system", "content": joined}, *copy.deepcopy(list(messages[1:]))]
