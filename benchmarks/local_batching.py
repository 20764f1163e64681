"""Local models on the CPU: 256 mixed requests, planned batches against one call after another through the library.

    OMP_NUM_THREADS=2 python benchmarks/local_batching.py [--requests 256] [--new-tokens 64]

A tiny Qwen2.5-Omni with random weights is made in a temporary folder; nothing is downloaded. One by one means the
library's own way: apply_chat_template with the media inside, then `generate`, with the bound and stop tokens the
planner gets. Both ways decode the same encoded files, and their answers are compared.

"Outside generate" is the wall time in which no batch is in `generate`: waiting for the first window, joining rows,
handing answers on. Preparation that overlaps is not in it; on two cores it slows `generate` down instead, which counts
as inside, so read the times too. Elapsed times mean little on a machine with other work: read the CPU seconds.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np

from evalkit.core.message import Audio, Image, Message, Text, user
from evalkit.core.sample import Generation, Request
from evalkit.media import audio as audio_files
from evalkit.media import image as image_files
from evalkit.model_adapters.qwen2_5_omni import Qwen25Omni


def workload(count: int, new_tokens: int, seed: int = 0) -> list[Request]:
    """A mix: half text of 5-150 words, a quarter with 1-10 s of audio, a quarter with an image."""
    import PIL.Image
    from families.tiny import tone

    draw = np.random.RandomState(seed)
    settings = Generation(max_new_tokens=new_tokens)
    made = []
    for number in range(count):
        words = " ".join(draw.choice(["what", "picture", "yes", "describe", "0", "sound"], draw.randint(5, 150)))
        parts: list[Any] = [f"{number} {words}"]
        kind = number % 4
        if kind == 1:
            seconds = float(draw.uniform(1, 10))
            parts.insert(0, audio_files.from_samples(tone(seconds, float(draw.uniform(80, 800))), 16000))
        elif kind == 3:
            pixels = draw.randint(0, 255, (4, 4, 3)).astype("uint8")
            buffer = io.BytesIO()
            size = (int(draw.randint(56, 168)), int(draw.randint(56, 168)))
            PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.BICUBIC).save(buffer, "PNG")
            parts.insert(0, Image(opener=buffer.getvalue, name=f"{number}.png"))
        made.append(Request(str(number), (user(*parts),), settings))
    return made


def one_by_one(model: Any, requests: Sequence[Request]) -> tuple[dict[str, str], float]:
    """Texts and seconds of the library's public calls, one request at a time."""
    import torch

    def part(content: Any) -> dict[str, Any]:
        if isinstance(content, Text):
            return {"type": "text", "text": content.text}
        if isinstance(content, Audio):
            return {"type": "audio", "audio": audio_files.decode(content, 16000)}
        return {"type": "image", "image": image_files.decode(content)}

    def turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [{"role": m.role, "content": [part(content) for content in m.content]} for m in messages]

    found = {}
    began = time.perf_counter()
    for request in requests:
        inputs = model.processor.apply_chat_template(
            [turns(request.messages)], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        with torch.inference_mode():
            ids = model.model.generate(
                **inputs,
                generation_mode="text",
                thinker_max_new_tokens=request.settings.max_new_tokens,
                thinker_do_sample=False,
                thinker_eos_token_id=sorted(model.stop),
                thinker_pad_token_id=model.pad,
            )
        row = ids[0, inputs["input_ids"].shape[1] :].tolist()
        end = next((place for place, value in enumerate(row) if value in model.stop), len(row))
        found[request.id] = model.tokenizer.decode(row[:end], skip_special_tokens=True)
    return found, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=256)
    parser.add_argument("--new-tokens", type=int, default=64)
    chosen = parser.parse_args()
    from families.omni_checkpoints import qwen2_5_omni

    with tempfile.TemporaryDirectory() as folder:
        path = qwen2_5_omni(Path(folder) / "tiny")
        requests = workload(chosen.requests, chosen.new_tokens)
        with Qwen25Omni(path=str(path), dtype="float32", device="cpu") as model:
            one_by_one(model, requests[:8])  # the first calls of a process are slower
            list(model.stream(iter(requests[:8])))
            spent = time.process_time()
            single, alone = one_by_one(model, requests)
            single_cpu = time.process_time() - spent
            spent, began = time.process_time(), time.perf_counter()
            batched = {key: response.text for key, response in model.stream(iter(requests))}
            together = time.perf_counter() - began
            batched_cpu = time.process_time() - spent
            done = model.throughput
            harness = 1 - done.device_seconds / together
    same = sum(single[key] == batched[key] for key in single)
    count = len(requests)
    print(f"one by one  {count / alone:8.1f} samples/s  {alone:7.2f} s")
    print(f"planned     {count / together:8.1f} samples/s  {together:7.2f} s  {alone / together:.1f} times as fast")
    print(f"  {done.batches} batches, {100 * done.padding_share:.1f} % padding, {100 * harness:.1f} % outside generate")
    print(f"  CPU seconds {single_cpu:.2f} and {batched_cpu:.2f}: {single_cpu / batched_cpu:.1f} times")
    print(f"  same answers: {same} of {count}")


if __name__ == "__main__":
    main()
