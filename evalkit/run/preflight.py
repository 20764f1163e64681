"""What else a command lacks: a model that cannot be had yet is no reason to be silent about data that are missing."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import DataError, EvalkitError, UnknownNameError, UsageError
from evalkit.core.task import Suite
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.run.options import Options
from evalkit.run.prepare import data_folder
from evalkit.run.tasks import choose


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
