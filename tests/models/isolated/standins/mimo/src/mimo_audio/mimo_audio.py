"""A stand-in for MimoAudio: its methods, its samplers by task, and a `forward` they all end in."""

import random
import wave
from dataclasses import asdict, dataclass

import digest


@dataclass
class MiMoSampler:
    do_sample: bool | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None


class MimoAudio:
    def __init__(self, model_path: str, mimo_audio_tokenizer_path: str, device=None):
        self.made = [model_path, mimo_audio_tokenizer_path]
        tasks = ("asr", "tts", "spoken_dialogue", "audio_understanding", "text_chat")
        self.task_sampler_configs = {
            task: {"global": MiMoSampler(True, 0.6, None, 0.95), "local": MiMoSampler(True, 0.9, None, 0.95)}
            for task in tasks
        }

    def get_task_sampler(self, task_name):
        return self.task_sampler_configs[task_name]

    def forward(self, input_ids, output_audio_path=None, stopping_criteria=None, max_new_tokens=8192, task_name=None):
        if output_audio_path:
            with wave.open(output_audio_path, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(24000)
                file.writeframes(b"\x01\x02" * 4800)
        sampler = asdict(self.get_task_sampler(task_name)["global"])
        return digest.digest(
            made=self.made, got=input_ids, max_new_tokens=max_new_tokens, task=task_name, sampler=sampler
        )

    def asr_sft(self, audio):
        return self.forward({"audio": audio, "template": random.choice("abcdefghijklmnop")}, task_name="asr")

    def audio_understanding_sft(self, input_speech, input_text, thinking=False):
        return self.forward([input_speech, input_text, thinking], task_name="audio_understanding")

    def spoken_dialogue_sft_multiturn(
        self, message_list, output_audio_path=None, system_prompt=None, prompt_speech=None
    ):
        got = [message_list, system_prompt, prompt_speech]
        return self.forward(got, output_audio_path=output_audio_path, task_name="spoken_dialogue") + "<|eot|>...."

    def speech2text_dialogue_sft_multiturn(self, message_list, thinking=False):
        return self.forward([message_list, thinking], task_name="spoken_dialogue")

    def text_dialogue_sft_multiturn(self, message_list, thinking=False):
        return self.forward([message_list, thinking], task_name="text_chat")
