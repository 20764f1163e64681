"""What a stand-in got, as JSON a test can read in the answer's text: wavs by length and rate, tensors by shape."""

import json
import os
import wave


def told(value):
    if isinstance(value, str):
        if value.endswith(".wav") and os.path.isfile(value):
            with wave.open(value, "rb") as file:
                return f"wav:{file.getnframes()}@{file.getframerate()}"
        return value
    if isinstance(value, dict):
        return {str(key): told(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{type(value).__name__}{list(value.shape)}"
    return type(value).__name__


def digest(**got):
    return json.dumps(told(got), ensure_ascii=False, sort_keys=True)
