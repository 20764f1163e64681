"""MMBench: questions on images from tables with base64 images; a question counts where all its rotations are right."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, base64_image, choice, choices, joined, layouts, optional, task

FILES = {
    "dev_en": "MMBench_DEV_EN.tsv",
    "dev_cn": "MMBench_DEV_CN.tsv",
    "dev_en_v1_1": "MMBench_DEV_EN_V11.tsv",
}
LETTERS = ("A", "B", "C", "D")
LAYOUT = layouts.Tsv(
    FILES,
    id="index",
    fields={
        "image": base64_image("image"),
        "question": "question",
        "hint": optional("hint"),
        "answer": "answer",
        "category": "category",
        "ability": "l2-category",
        **{letter: optional(letter) for letter in LETTERS},
    },
)


@task("mmbench", version=1)
def mmbench() -> Task:
    """Each question is asked once for each of its options, which move on by one place; the plain accuracy is kept."""
    return Task(
        source=Dataset("mmbench", tuple(FILES), [LAYOUT]),
        sample=choices(
            "{question}\nOptions:\n{options}\nAnswer with the letter of the right option.",
            media="image",
            options=LETTERS,
            answer_as="letter",
            context="hint",
            meta=("category", "ability"),
            rotations="all",
        ),
        scorers=[joined(choice("vlmevalkit"), by="cluster", how="all")],
        columns={
            "mmbench.overall": Cell("dev_en"),
            "mmbench.v1_1": Cell("dev_en_v1_1"),
            "mmbench.dev_cn": Cell("dev_cn"),
            "mmbench.dev_en.plain": Cell("dev_en", "choice"),
            "mmbench.dev_en.perception": Cell("dev_en", group=("ability", "perception")),
        },
        breakdowns=("category", "ability"),
        takes=frozenset({"text", "image"}),
        shared_ids=True,
        optional_groups=True,
    )
