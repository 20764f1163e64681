"""What a command can be told before anything is made, downloaded or loaded: wrong names, then what else is missing."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import DataError, EvalkitError, UnknownNameError, UsageError
from evalkit.core.task import Suite, Task
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.run import listeners
from evalkit.run.options import Options
from evalkit.run.prepare import configured_scorers, data_folder
from evalkit.run.tasks import choose, settled_choice


def check_names(words: Sequence[str], options: Options) -> None:
    """Look up every name of a command: tasks, members of suites, splits, scorer, rubric, judge, transcriber.

    The first task of several may take hours and gigabytes before the last one is looked at. Files of the user are left
    to the moment they are read.

    Raises:
        UnknownNameError: with the nearest names.
        EvalkitError: a scorer, judge or transcriber that cannot do it.
    """
    for word in words:
        if word.endswith((".jsonl", ".ndjson")):
            continue
        chosen = choose(word, options)
        settled = settled_choice(chosen)
        members = [(settled, chosen.splits)] if isinstance(settled, Task) else list(settled.tasks())
        for task, splits in members:
            _check_task(task, splits, options)


def _check_task(task: Task, splits: Sequence[str], options: Options) -> None:
    for name in splits:
        if name not in task.source.splits:
            raise UnknownNameError(f"split of {task.name}:", name, task.source.splits)
    scorers = configured_scorers(task, options)
    if options.transcriber and any(scorer.hears or scorer.may_hear for scorer in scorers):
        listeners.choose(task, options.transcriber, options.transcriber_arguments, options.limits)


def with_missing_data(error: UsageError, words: Sequence[str], options: Options) -> UsageError:
    """The error of a model, followed by what keeps the tasks from the user's own data.

    Nothing is downloaded or built: only tasks over files of the user's are looked at.

    Args:
        error: why the model cannot be made.
        words: what `--task` names.
        options: of the command.
    """
    if isinstance(error, UnknownNameError):
        return error
    found = [str(error)]
    for word in words:
        try:
            task = choose(word, options).task
        except EvalkitError:
            continue
        if isinstance(task, Suite) or not isinstance(task.source, Dialogues):
            continue
        try:
            task.source.locate(data_folder(options), options.revision)
        except DataError as missing:
            found.append(str(missing))
    return UsageError("\n".join(found)) if len(found) > 1 else error
