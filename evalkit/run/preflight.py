"""What a command can be told before anything is made, downloaded or loaded: wrong names, then what else is missing."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import DataError, EvalkitError, UnknownNameError, UsageError
from evalkit.core.model import Model
from evalkit.core.task import Suite, Task
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.published.paper_suites import SUITE
from evalkit.published.settling import settle_suite
from evalkit.run import listeners
from evalkit.run.options import Options
from evalkit.run.plan import check_modalities, choose_splits
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


def check_members(model: Model, words: Sequence[str], options: Options) -> None:
    """Look at all members of suites before the first one runs: whether the model can take them, whether data are there.

    The last member's data would else be missed after hours. What lies on the hub is not asked for.

    Raises:
        UsageError: naming every member that cannot run, why, and how to do without.
    """
    for word in words:
        chosen = choose(word, options).task
        if not isinstance(chosen, Suite):
            continue
        found: dict[str, str] = {}
        for task, splits in settle_suite(chosen).tasks():
            try:
                check_modalities(model, task, configured_scorers(task, options))
                if (data := data_folder(options)) is not None:
                    choose_splits(task, task.source.locate(data, options.revision), splits)
            except (UsageError, DataError) as error:
                found[task.name] = str(error).splitlines()[0]
        if found:
            told = "\n".join(f"  {name}: {why}" for name, why in found.items())
            skip = f"; --without {','.join(found)} does without" if word.startswith(SUITE) else ""
            raise UsageError(f"suite '{chosen.name}': {len(found)} of its tasks cannot run{skip}\n{told}")


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
