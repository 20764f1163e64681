"""Read aloud: sentences to be spoken, of which a recogniser writes down what it hears and a listener notes pauses."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Generation, Task, error_rate, layouts, noted, speak, task

LIST = layouts.Lines("{split}.lst", fields=("id", "text"), sep="|")


@task("read_aloud", version=1)
def read_aloud() -> Task:
    """Word error rate of what is heard, and the share of silence; name its listener with --listener pauses=MODEL."""
    return Task(
        source=Dataset("read_aloud", ("short", "long"), [LIST]),
        sample=speak(),
        scorers=[
            error_rate("plain", language="en", heard=True),
            noted("pauses", label="Silence", unit="%", range=(0, 100), higher_is_better=False),
        ],
        columns={
            f"read_aloud.{split}.{name}": Cell(split, metric)
            for split in ("short", "long")
            for name, metric in (("wer", "error_rate"), ("silence", "pauses"))
        },
        generation=Generation(speech=True),
        listeners={"transcriber": "pocketsphinx"},
        language="en",
    )
