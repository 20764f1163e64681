"""A stand-in for the module of Step-Audio 2's repository."""

import os

import digest


class StepAudio2:
    def __init__(self, model_path: str):
        self.model_path = model_path

    def __call__(self, messages: list, **kwargs):
        speaks = messages[-1]["content"] == "<tts_start>"
        text = digest.digest(model_path=self.model_path, messages=messages, kwargs=kwargs, folder=os.getcwd())
        return [1, 2, 3], text, [7, 8, 9] if speaks else []
