"""inspect_ai: local JSONL, generate(), exact match.

As a script (python inspect_trivial.py DATA LOGDIR [key=value ...]) it runs eval() with a null model whose outputs
carry their own token usage: the stock `mockllm/model` counts tokens with tiktoken, which downloads a vocabulary
and so fails without internet. Exits 1 unless the log says "success" (the CLI itself exits 0 on a failed eval).
"""

import ast
import sys

from inspect_ai import Task, eval, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import exact
from inspect_ai.solver import generate


@task
def trivial(data: str) -> Task:
    return Task(
        dataset=json_dataset(data, FieldSpec(input="question", target="answer", id="id")),
        solver=generate(),
        scorer=exact(),
    )


def null_output(input, tools, tool_choice, config):
    out = ModelOutput.from_content("mockllm", "lol")
    out.usage = ModelUsage(input_tokens=10, output_tokens=1, total_tokens=11)
    return out


if __name__ == "__main__":
    data, log_dir = sys.argv[1:3]
    extra = {k: ast.literal_eval(v) for k, v in (a.split("=", 1) for a in sys.argv[3:])}
    [log] = eval(
        trivial(data),
        model=get_model("mockllm/model", custom_outputs=null_output),
        log_dir=log_dir,
        display="none",
        **extra,
    )
    print(log.status, log.results and log.results.scores[0].metrics)
    sys.exit(log.status != "success")
