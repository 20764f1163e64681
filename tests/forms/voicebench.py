"""VoiceBench: spoken questions in nine sets, scored by judges, choices, instructions and refusals."""

from __future__ import annotations

from evalkit.authoring import (
    Cell,
    Generation,
    Hub,
    Mean,
    Task,
    choice,
    exact_match,
    instructions,
    judged,
    on,
    optional,
    refusal,
    spoken,
    task,
)

OPEN = ("alpacaeval", "commoneval", "wildvoice")
DOMAINS = ("law", "engineering", "other", "biology", "business", "economics",
           "health", "philosophy", "psychology", "history", "chemistry", "physics")  # fmt: skip
MMSU = tuple(f"mmsu_{domain}" for domain in DOMAINS)
SPLITS = (*OPEN, "sd_qa", *MMSU, "openbookqa", "bbh", "ifeval", "advbench")
FACTS = ("subset", "instruction_id_list", "kwargs")  # the sets that a rule reads them in have them
HUB = Hub(
    "hlt-lab/voicebench",
    "main",
    config={"alpacaeval": "alpacaeval_full", "sd_qa": "sd-qa", **dict.fromkeys(MMSU, "mmsu")},
    split={**dict.fromkeys(SPLITS, "test"), "sd_qa": "usa", **dict(zip(MMSU, DOMAINS, strict=True))},
    id="{split}_{index}",
    fields={
        "audio": "audio",
        "question": "prompt",
        "reference": optional("reference"),
        "subset": optional("id"),
        **{name: optional(name) for name in FACTS[1:]},
    },
)


@task("voicebench", version=1)
def voicebench() -> Task:
    """MMSU counts its questions over the twelve domains; the overall value is the published average.

    PEDANT, the second scorer of SD-QA, has its place taken by an exact match.
    """
    return Task(
        source=HUB.dataset("voicebench", SPLITS),
        sample=spoken(meta=("question", *FACTS), language="en"),
        scorers=[
            on(OPEN, judged("voicebench_open", scale="20..100", metric="grade")),
            on("sd_qa", judged("voicebench_qa", metric="judged"), exact_match("whisper_basic")),
            on((*MMSU, "openbookqa"), choice("voicebench_mcq")),
            on("bbh", choice("voicebench_bbh")),
            on("ifeval", instructions("voicebench")),
            on("advbench", refusal("voicebench")),
        ],
        columns={f"voicebench.{name}": Cell(name) for name in (*OPEN, "openbookqa", "bbh", "advbench")}
        | {
            "voicebench.sd_qa": Mean(Cell("sd_qa", "judged"), Cell("sd_qa", "exact_match")),
            "voicebench.mmsu": Cell(MMSU),
            "voicebench.ifeval": Cell("ifeval", "mean"),
        },
        averages="published",
        generation=Generation(max_new_tokens=2048),
        takes=frozenset({"audio"}),
        language="en",
    )
