import digest


class Omni2Speech2SQwen2ForCausalLM:
    @classmethod
    def from_pretrained(cls, path, config, torch_dtype):
        assert config.tts_tokenizer.endswith("tts_tokenizer")
        return cls()

    def to(self, device):
        return self

    def generate(self, inputs, speech, speech_lengths, **settings):
        got = digest.digest(
            ids=inputs.tolist(),
            speech=speech,
            lengths=speech_lengths.tolist(),
            dtype=str(speech.dtype),
            settings=settings,
        )
        return got, "<5> <6> <7>"
