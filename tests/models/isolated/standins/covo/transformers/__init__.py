"""A stand-in for what Covo-Audio's example uses of transformers."""


class _Registry:
    @staticmethod
    def register(*names):
        return None


class AutoConfig(_Registry):
    pass


class AutoModel(_Registry):
    @staticmethod
    def from_config(config):
        from covoaudio.modeling_covo_audio import CovoAudioForCausalLM

        return CovoAudioForCausalLM(config)


class LogitsProcessorList(list):
    pass
