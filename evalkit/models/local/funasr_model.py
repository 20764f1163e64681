"""What the recognisers of FunASR share: loading without its hub, batches by seconds, long clips in pieces."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError, UsageError
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.local import checkpoints, funasr_checkpoints
from evalkit.models.local.batching import Prepared
from evalkit.models.local.chat_inputs import MediaRules, decode_conversation
from evalkit.models.local.generation import memory_errors
from evalkit.models.local.torch_model import TorchModel
from evalkit.models.local.transformers_loading import need, resolve_device

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACKAGES = ("funasr", "torch", "kaldi-native-fbank", "sentencepiece")
_FRAMES = 100  # per second: what batches are measured in
_SEARCH = 5.0  # seconds before the bound in which a clip may be cut
_BLOCK = 0.02  # seconds


@dataclass(slots=True)
class Clip:
    """One clip, in the pieces the model hears.

    Args:
        pieces: float32 mono, each of shape (samples,).
        seconds: length of the whole clip.
        language: code of what is spoken; None where nobody said.
    """

    pieces: list[NDArray[np.float32]]
    seconds: float
    language: str | None


class FunasrModel(TorchModel[Clip]):
    """A model of FunASR that hears one clip.

    Args:
        path: directory of the checkpoint, or its id in the cache of ModelScope or Hugging Face.
        device: auto, cpu or cuda:N.
        batch_size: auto (as many as `batch_seconds` allows), or the most clips of a batch.
        batch_seconds: padded seconds of a batch.
        longest: seconds; a longer clip is cut at its quietest places, and the pieces' texts are joined. 0: never.
        threads: threads that decode ahead.

    Attributes:
        checkpoint: id where no path is given.
        classes: what `model` of the checkpoint's config.yaml may say.
        equal_lengths: only clips of one length share a batch, because padding changes the model's answers.
        rules: how audio is decoded.
    """

    incidental = frozenset({"path", "device", "batch_size", "batch_seconds", "threads"})
    checkpoint: str | None = None
    classes: tuple[str, ...] = ()
    equal_lengths: bool = False
    rules: MediaRules = MediaRules()

    def __init__(
        self,
        path: str | None = None,
        device: str = "auto",
        batch_size: str = "auto",
        batch_seconds: float = 300.0,
        longest: float = 30.0,
        threads: int = 2,
    ) -> None:
        where = path or self.checkpoint
        if where is None:
            raise UsageError(f"model '{self.name}' needs --model-arg path=DIRECTORY or an id")
        if batch_size != "auto" and not (batch_size.isdigit() and int(batch_size) >= 1):
            raise UsageError(f"model '{self.name}': batch_size={batch_size}; expected auto or at least 1")
        if not batch_seconds > 0 or threads < 1 or not (longest == 0 or longest > _SEARCH):
            raise UsageError(
                f"model '{self.name}': batch_seconds > 0, threads >= 1 and longest 0 or above {_SEARCH:.0f} are needed"
            )
        self.where, self.device_wanted, self.longest, self.threads = where, device, longest, threads
        self.folder: Path = funasr_checkpoints.locate(where)
        self.config = funasr_checkpoints.read_config(self.folder)
        if self.config["model"] not in self.classes:
            raise UsageError(
                f"model '{self.name}': {where} holds {self.config['model']}; expected {' or '.join(self.classes)}"
            )
        self.batch_size = None if batch_size == "auto" else int(batch_size)
        self.token_budget = max(1, round(batch_seconds * _FRAMES))

    def identity(self) -> Mapping[str, Any]:
        """Arguments, with the checkpoint's fingerprint in place of where it lies."""
        return {**super().identity(), **checkpoints.identity(self.where, self.folder)}

    def versions(self) -> Mapping[str, str]:
        """Versions of the packages that compute."""
        found = {}
        for package in _PACKAGES:
            with contextlib.suppress(PackageNotFoundError):
                found[package] = version(package)
        return found

    def check(self) -> None:
        """Whether its packages are installed.

        Raises:
            MissingExtraError: naming the pip command.
        """
        for package in ("torch", "kaldi_native_fbank", "funasr"):
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(package.replace("_", "-"), "speech", f"model '{self.name}'")

    def start(self) -> None:
        """Build the model and fill it with its weights.

        Raises:
            MissingExtraError, UsageError: a package or a weight is missing.
        """
        why = f"model '{self.name}'"
        torch = need("torch", why, "speech")
        need("kaldi_native_fbank", why, "speech")  # funasr's features, without torchaudio
        self.device = resolve_device(self.device_wanted)
        with _quiet():
            automatic = need("funasr", why, "speech").AutoModel
            settings = {**self.config, "model_conf": self.config.get("model_conf") or {}}
            built = automatic(
                **settings, device=str(self.device), disable_update=True, disable_pbar=True,
                log_level="ERROR", ncpu=torch.get_num_threads(),
            )  # fmt: skip
        funasr_checkpoints.load_weights(built.model, self.folder, self.config.get("scope_map"))
        built.model.to(self.device).eval()
        self.model = built

    def prepare(self, request: Request) -> Prepared[Clip]:
        """Decode the clip; runs in threads."""
        conversation = decode_conversation(request.messages, self.rules)
        if len(conversation.audios) != 1:
            problem = f"model '{self.name}' takes one audio, got {len(conversation.audios)}"
            raise DataError(f"sample '{request.id}'", problem)
        samples = conversation.audios[0]
        pieces = cut_at_silence(samples, self.rules.sample_rate, self.longest)
        clip = Clip(pieces, conversation.audio_seconds, request.language)
        tokens = max(1, round(max(map(len, pieces)) / self.rules.sample_rate * _FRAMES))
        return Prepared(request, clip, tokens, samples.nbytes, self.kind(clip))

    def kind(self, clip: Clip) -> str:
        """Only clips of one kind share a batch; a clip in pieces has one to itself."""
        if len(clip.pieces) > 1:
            return "pieces"
        return str(len(clip.pieces[0])) if self.equal_lengths else ""

    def answer(self, batch: Sequence[Prepared[Clip]]) -> Sequence[Response]:
        """Hear a batch; a clip in pieces is heard piece by piece."""
        import torch

        with memory_errors(), torch.inference_mode(), _quiet():
            if len(batch) > 1 and batch[0].kind != "pieces":
                found = self._results([item.work.pieces[0] for item in batch], self.options(batch[0].work))
                heard = [[one] for one in found]
            else:
                heard = [
                    [self._results([piece], self.options(item.work))[0] for piece in item.work.pieces] for item in batch
                ]
        responses = []
        for item, results in zip(batch, heard, strict=True):
            response = self.response(results)
            response.usage = {"audio_seconds": item.work.seconds}
            responses.append(response)
        return responses

    def _results(self, waves: list[NDArray[np.float32]], options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.model.generate(input=waves, batch_size=len(waves), **options)
        if len(found) != len(waves):
            raise RuntimeError(f"funasr gave {len(found)} results for {len(waves)} clips")
        return found

    def options(self, clip: Clip) -> dict[str, Any]:
        """Options of `generate` for a clip; all clips of a batch have the same."""
        return {}

    @abstractmethod
    def response(self, results: Sequence[Mapping[str, Any]]) -> Response:
        """The answer, of what funasr gave for each piece."""


def joined(texts: Sequence[str]) -> str:
    """Texts of successive pieces: with a space between them, except where two Chinese characters meet."""
    whole = ""
    for text in filter(None, (text.strip() for text in texts)):
        wide = bool(whole) and whole[-1] >= "\u2e80" and text[0] >= "\u2e80"
        whole += text if wide or not whole else " " + text
    return whole


def cut_at_silence(samples: NDArray[np.float32], rate: int, longest: float) -> list[NDArray[np.float32]]:
    """Cut a clip into pieces of at most `longest` seconds, each cut at the quietest 20 ms of the 5 s before the bound.

    Args:
        samples: mono, shape (samples,).
        rate: Hz.
        longest: seconds; 0 leaves the clip whole.
    """
    import numpy as np

    pieces = []
    most, block = int(longest * rate), max(1, int(_BLOCK * rate))
    while 0 < most < len(samples):
        begin = most - int(_SEARCH * rate)
        count = (most - begin) // block
        energy = (samples[begin : begin + count * block].astype(np.float64).reshape(count, block) ** 2).sum(axis=1)
        quietest = count - 1 - int(np.argmin(energy[::-1]))  # the last of equals: fewer pieces
        place = begin + quietest * block + block // 2
        pieces.append(samples[:place])
        samples = samples[place:]
    return [*pieces, samples]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what funasr prints and logs away from the terminal; the root logger stays as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.handlers[:], root.level = handlers, level
