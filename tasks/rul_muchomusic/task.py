"""RUL-MuchoMusic: MuChoMusic's questions with distractors that cannot be told without hearing."""

from __future__ import annotations

import random

from evalkit.authoring import Cell, DataError, Dataset, Mean, Row, Sample, Task, audio, choice, choices, layouts, task

FOLDS, RULE = 4, "choice:rul_muchomusic"
PROMPT = (
    "Listen to the music, think step by step, and give your best guess.\n{question}\n{options}\n"
    "End with the letter of your guess in double square brackets, such as [[A]]."
)
ask = choices(PROMPT, media="audio", style="(A) text", answer_as="index", meta="fold")
LAYOUT = layouts.Json(
    "RUL-MuchoMusic.json",
    id="key",
    fields={
        "audio": audio("{key}.mp3"),
        "question": "question",
        "right": "correct_answer",
        "distractors": "distractors",
    },
    media=("audio", "audios", "."),
)


@task("rul_muchomusic", version=1)
def rul_muchomusic(seed: int = 0) -> Task:
    """Each question is asked four times, each time without one of its distractors; the score is the mean of the folds.

    Args:
        seed: of the order of the options.
    """

    def folds(row: Row, split: str) -> list[Sample]:
        wrong = row["distractors"]
        if not isinstance(wrong, list) or len(wrong) != FOLDS:
            raise DataError(f"question '{row['id']}'", f"expected a list of {FOLDS} distractors, got {wrong!r:.80}")
        made = []
        for fold in range(FOLDS):
            options = [row["right"], *wrong[:fold], *wrong[fold + 1 :]]
            order = random.Random(f"{seed}/{row['id']}/{fold}").sample(range(FOLDS), FOLDS)
            asked = {**row, "choices": [options[at] for at in order], "answer": order.index(0), "fold": str(fold + 1)}
            sample = ask({**asked, "id": f"{row['id']}#{fold + 1}"}, split)
            sample.cluster = row["id"]
            made.append(sample)
        return made

    return Task(
        source=Dataset(
            "rul_muchomusic",
            ("test",),
            [LAYOUT],
            get="RUL-MuchoMusic.json of github.com/yongyizang/AreYouReallyListening, recordings as audio/ID.mp3",
        ),
        sample=folds,
        scorers=[choice("rul_muchomusic"), choice("robust")],
        columns={
            "rul_muchomusic.acc": Mean(
                *(Cell("test", group=("fold", str(fold + 1)), scorer=RULE) for fold in range(FOLDS))
            ),
            "rul_muchomusic.robust_acc": Cell("test", scorer="choice:robust"),
        },
        breakdowns=("fold",),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
