"""What the Qwen-Omni families share: a thinker that writes, a talker that speaks, features cut to their clips."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.errors import UsageError
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import from_samples
from evalkit.models.local.batching import Prepared
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.generation import Row, processors
from evalkit.models.local.sampling import SeededSampling
from evalkit.models.local.transformers_loading import check_choice
from evalkit.models.local.transformers_model import TransformersModel

RATE = 24000  # Hz, of the speech


class OmniModel(TransformersModel):
    """A thinker with, where asked for, a talker.

    Args:
        path: as for every local family.
        speaker: voice; empty for the family's first.
        talker: false leaves the speech part unloaded, and the model writes only.
        talker_temperature: of the speech codes, drawn with the sample's seed; 0 is greedy. The default is the
            released code's.
        talker_tokens: most speech codes of an answer.
        dtype, attn, device, batch_size, token_budget, threads: as for every local family.
        system: text that opens every conversation, before the task's own; behind the fixed one where speech is made.

    Attributes:
        speakers: voices of the released checkpoints.
        top_k, top_p: of the speech codes, as in the released code.
    """

    speakers: ClassVar[tuple[str, ...]] = ()
    top_k: int = 0
    top_p: float = 1.0
    speech_rate = RATE

    def __init__(
        self,
        path: str | None = None,
        speaker: str = "",
        talker: bool = True,
        talker_temperature: float = 0.9,
        talker_tokens: int = 4096,
        system: str | None = None,
        **further: Any,
    ) -> None:
        super().__init__(path, **further)
        self.system = system
        if talker_temperature < 0 or talker_tokens < 1:
            raise UsageError(f"model '{self.name}': talker_temperature >= 0 and talker_tokens >= 1 are needed")
        if speaker:
            check_choice(self.name, "speaker", speaker, self.speakers)
        self.speaker = speaker or self.speakers[0]
        self.talker_temperature, self.talker_tokens = talker_temperature, talker_tokens
        self.talks = talker and bool(self.config.get("enable_audio_output", True)) and "talker_config" in self.config
        self.gives = frozenset({"text", "speech"}) if self.talks else frozenset({"text"})

    def load_model(self, cls: Any) -> Any:
        """The whole model, its talker dropped where it is not wanted."""
        model = super().load_model(cls)
        if not self.talks:
            model.disable_talker()
        return model

    def decoder(self) -> Any:
        """The thinker: it writes."""
        return self.model.thinker

    def prepare(self, request: Request) -> Prepared[Row]:
        """As for every local family.

        Raises:
            UsageError: speech is asked of a model without a talker.
        """
        if request.settings.speech and not self.talks:
            raise UsageError(f"model '{self.name}' writes only: its talker was left out or is not in the checkpoint")
        return super().prepare(request)

    def row_of(self, made: Mapping[str, Any]) -> Row:
        """Mel features cut to the longest clip of the row: the extractor pads all to minutes."""
        row = super().row_of(made)
        mask = row.media.get("feature_attention_mask")
        if mask is not None:
            longest = int(mask.sum(-1).max())
            row.media["feature_attention_mask"] = mask[:, :longest]
            row.media["input_features"] = row.media["input_features"][..., :longest].contiguous()
        return row

    def kind(self, row: Row) -> str:
        """All rows share batches."""
        return ""

    def generate(self, batch: Sequence[Prepared[Row]], settings: Generation) -> list[Response]:
        """Written answers, spoken too where asked for."""
        if not settings.speech:
            return super().generate(batch, settings)
        if not self.speaks_in_batches() and len(batch) > 1:
            return [response for item in batch for response in self.generate([item], settings)]
        most = self.most_new_tokens(settings, 0)
        inputs = self.inputs(batch)
        thinker = {
            "thinker_max_new_tokens": most,
            "thinker_do_sample": False,
            "thinker_eos_token_id": sorted(self.stop),
            "thinker_pad_token_id": self.pad,
            "thinker_logits_processor": processors([item.request for item in batch], settings),
        }
        length = inputs["input_ids"].shape[1]
        sequences, waves = self.speak(inputs, thinker, [item.request.seed for item in batch])
        found = self.responses(batch, sequences[:, length:].tolist(), settings)
        waves = [waves] if not isinstance(waves, (list, tuple)) else waves
        return [_spoken(response, wave) for response, wave in zip(found, waves, strict=True)]

    def draws(self, seeds: Sequence[int]) -> list[SeededSampling]:
        """Logits processors of the speech codes."""
        if self.talker_temperature == 0:
            return []
        return [SeededSampling(seeds, self.talker_temperature, self.top_p, self.top_k)]

    def speaks_in_batches(self) -> bool:
        """Whether this version of transformers makes speech for several rows at once."""
        import transformers
        from packaging.version import Version

        return Version(transformers.__version__) >= Version("5.16")

    @abstractmethod
    def speak(self, inputs: dict[str, Any], thinker: dict[str, Any], seeds: Sequence[int]) -> tuple[Any, Any]:
        """Token ids, prompt included, shape (rows, length), and one wave per row (a lone tensor for one row)."""


def with_system(conversation: Conversation, text: str) -> list[dict[str, Any]]:
    """Turns that open with this system text; a system text of the conversation follows it in the same turn."""
    turns = conversation.turns
    opening = [{"type": "text", "text": text}]
    if turns and turns[0]["role"] == "system":
        given = turns[0]["content"]
        same = [part.get("text") for part in given] == [text]
        further = [] if same else [{"type": "text", "text": "\n"}, *given]
        return [{"role": "system", "content": [*opening, *further]}, *turns[1:]]
    return [{"role": "system", "content": opening}, *turns]


def _spoken(response: Response, wave: Any) -> Response:
    samples = wave.reshape(-1).float().cpu().numpy()
    if len(samples) == 0:
        return Response(failure=Failure("model", f"it said nothing; it wrote: {response.text!r}"))
    response.audio = from_samples(samples, RATE)
    response.usage = {**(response.usage or {}), "speech_seconds": len(samples) / RATE}
    return response
