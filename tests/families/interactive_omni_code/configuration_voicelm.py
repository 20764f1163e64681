"""Stand-in (our own code): speech-token language model settings."""

from transformers.configuration_utils import PretrainedConfig


class VoiceLMConfig(PretrainedConfig):
    model_type = "interactiveomni_voicelm"

    def __init__(self, llm_hidden_size=64, hidden_size=32, speech_tokens=64, speaker_size=16, mel_size=20, text_chunk=5,
                 speech_chunk=25, **kwargs):  # fmt: skip
        self.llm_hidden_size, self.hidden_size, self.speech_tokens = llm_hidden_size, hidden_size, speech_tokens
        self.speaker_size, self.mel_size, self.text_chunk, self.speech_chunk = (
            speaker_size,
            mel_size,
            text_chunk,
            speech_chunk,
        )
        super().__init__(**kwargs)
