"""Who listens to spoken answers: one listener of each role and language, chosen by the user, the task or a table.

The role "transcriber" writes down what was heard. Further roles are named by a task's scorers: "voice", "emotion", ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UnknownNameError, UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.core.task import Task
from evalkit.metrics.languages import canonical
from evalkit.run import identity

TRANSCRIBER = "transcriber"
ANY = "*"  # language of a transcriber that hears all the others
UNTOLD = "?"  # behind a language code: it says who listens, and the listener is not told, so that it may hear another
# What `--transcriber default` means: the recognisers published evaluations of spoken answers use.
DEFAULT = {"en": "whisper-large-v3", "zh": "paraformer-zh", ANY: "whisper-large-v3"}


class Listeners(Model):
    """Listeners of one role by language; each is started with the first speech in its language, one after another.

    A speech in a language nobody hears gets a failure of kind "missing" with the reason; nothing stands in for it.

    Args:
        by_language: language code, or "*" for any other -> listener, not started.
        absent: language code -> why its listener cannot be had.
        role: what it notes; for messages.
    """

    takes = frozenset({"text", "audio"})

    def __init__(
        self, by_language: Mapping[str, Model], absent: Mapping[str, str] | None = None, role: str = TRANSCRIBER
    ) -> None:
        self.role = role
        self.by_language, self.absent = dict(by_language), dict(absent or {})
        self.name = "+".join(dict.fromkeys(one.name for one in self.by_language.values()))
        self.computes = any(one.computes for one in self.by_language.values())

    def identity(self) -> Mapping[str, Any]:
        """Name, arguments, versions and code of each language's transcriber."""
        return {
            language: {
                "model": one.name,
                "arguments": identity.arguments_of(one),
                "versions": dict(one.versions()),
                **({"code": code} if (code := identity.code_of(one)) else {}),
            }
            for language, one in self.by_language.items()
        }

    def check(self) -> None:
        """Whether each could be started.

        Raises:
            EvalkitError: what is missing.
        """
        for one in self._models():
            one.check()

    def heard_by(self, language: str | None) -> Model | str:
        """The transcriber of a language, or the reason why there is none.

        Args:
            language: its canonical code; None where nobody said.
        """
        language = language.removesuffix(UNTOLD) if language is not None else None
        if language is not None and language in self.by_language:
            return self.by_language[language]
        if language is not None and language in self.absent:
            return f"no {self.role} for language '{language}': {self.absent[language]}"
        one = self.by_language.get(ANY)
        if one is None:
            known = ", ".join(sorted(self.by_language))
            missing = f"no {self.role} for language '{language}'" if language else "the sample names no language"
            return f"{missing}; there is one for: {known}. Name another with {option(self.role)}LANGUAGE=MODEL"
        able = languages_of(one.name)
        if language is not None and able and language not in able:
            return f"no {self.role} for language '{language}': {one.name} hears {', '.join(sorted(able))}"
        return one

    def estimate(self, request: Request) -> Any:
        """Roughly what hearing one speech would use, by its transcriber; None where that one cannot tell."""
        one = self.heard_by(request.language)
        found = getattr(one, "estimate", None)
        return found(request) if found is not None else None

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Transcripts, one transcriber after another."""
        shares: dict[int, tuple[Model, list[Request]]] = {}
        for request in requests:
            chosen = self.heard_by(request.language)
            if isinstance(chosen, str):
                yield request.id, Response(failure=Failure("missing", chosen))
            else:
                told = request if UNTOLD not in (request.language or "") else replace(request, language=None)
                shares.setdefault(id(chosen), (chosen, []))[1].append(told)
        for one, share in shares.values():
            with one:
                yield from one.stream(iter(share))

    def _models(self) -> list[Model]:
        return list({id(one): one for one in self.by_language.values()}.values())


def languages_of(name: str) -> frozenset[str]:
    """Languages the card of a model lists; empty where it lists none, and so hears any."""
    known = plugins.plugins("model").get(name)
    return frozenset(map(str, known.header.get("languages") or ())) if known is not None else frozenset()


def language_of(meta: Mapping[str, Any] | None, task: str | None) -> str | None:
    """Canonical code of the language an answer should be spoken in; None where nobody says, or in no known code.

    Args:
        meta: of the sample: "answer_language" comes before "language"; a code with "?" behind it keeps that.
        task: language of the whole task.
    """
    given = (meta or {}).get("answer_language") or (meta or {}).get("language") or task
    try:
        code = str(given).removesuffix(UNTOLD)
        return canonical(code) + (UNTOLD if str(given) != code else "") if given else None
    except UnknownNameError:
        return None


def table(text: str, option: str = "--transcriber ") -> dict[str, str]:
    """What `--transcriber` and `--listener ROLE=` say, as language -> model: "MODEL", "LANG=MODEL,..." or "default".

    Raises:
        UsageError: neither.
    """
    if text == "default":
        return dict(DEFAULT)
    if "=" not in text:
        return {ANY: text}
    found: dict[str, str] = {}
    for word in text.split(","):
        language, separator, name = (piece.strip() for piece in word.partition("="))
        if not (separator and language and name):
            raise UsageError(f"{option}{text}: expected MODEL, LANGUAGE=MODEL[,LANGUAGE=MODEL], or default")
        code = ANY if language == ANY else canonical(language)
        if code in found:
            raise UsageError(f"{option}{text}: '{code}' is given twice")
        found[code] = name
    return found


def option(role: str) -> str:
    """How the command line names a listener of a role, up to the model."""
    return "--transcriber " if role == TRANSCRIBER else f"--listener {role}="


def choose(
    task: Task,
    wanted: str | None,
    arguments: Mapping[str, str] | None = None,
    limits: CallLimits | None = None,
    role: str = TRANSCRIBER,
) -> Listeners:
    """The listeners of one role of a run.

    Args:
        task: it may name its own, and the language of all its answers.
        wanted: what the user asked for, as `table` takes it; before the task's.
        arguments: KEY or LANGUAGE:KEY -> value, of the listeners' constructors.
        limits: of models that make calls.
        role: what they note.

    Raises:
        UsageError: none is named, none can be had, or one cannot be used.
    """
    own = task.transcriber if role == TRANSCRIBER else task.listeners.get(role)
    own = {ANY: own} if isinstance(own, str) else own
    named = table(wanted, option(role)) if wanted else {_code(key): name for key, name in (own or {}).items()}
    if not named and role != TRANSCRIBER:
        raise UsageError(f"task '{task.name}' needs a listener of role '{role}'; name one with {option(role)}MODEL")
    if not named:
        raise UsageError(
            f"task '{task.name}' scores speech; name a transcriber with --transcriber MODEL, LANGUAGE=MODEL,... or "
            f"default ({', '.join(f'{language}={name}' for language, name in DEFAULT.items())}); "
            "pocketsphinx runs anywhere, and hears English only"
        )
    # Whoever names languages one by one needs all of them; of a table made for many tasks, one may be missing.
    tolerant = wanted in (None, "default") and len(named) > 1
    only = language_of(None, task.language)
    if only is not None and not (wanted and wanted != "default"):
        named = {only: named[only]} if only in named else {k: v for k, v in named.items() if k == ANY}
        tolerant = False
    if not named:
        raise UsageError(f"task '{task.name}' names no {role} for its language '{only}'; see {option(role)}MODEL")
    made: dict[tuple[Any, ...], Model] = {}
    by_language: dict[str, Model] = {}
    absent: dict[str, str] = {}
    for language, name in named.items():
        given = _arguments(arguments or {}, language)
        key = (name, *sorted(given.items()))
        try:
            if key not in made:
                made[key] = _load(name, given, limits, role)
            by_language[language] = made[key]
        except EvalkitError as error:
            if not tolerant:
                raise
            absent[language] = str(error)
    if not by_language:
        raise UsageError(f"task '{task.name}': no {role} can be had: {next(iter(absent.values()))}")
    unused = {key for key in arguments or {} if ":" in key and _code(key.partition(":")[0]) not in named}
    if unused:
        raise UsageError(f"{option(role).strip(' =')}-arg {sorted(unused)[0]}: there is no {role} for that language")
    return Listeners(by_language, absent, role)


def _load(name: str, arguments: Mapping[str, str], limits: CallLimits | None, role: str) -> Model:
    one = plugins.load_model(name, arguments)
    if limits is not None:
        one.limits = limits
    if "audio" not in one.takes:
        raise UsageError(f"model '{name}' takes no audio, so it cannot be the {role}")
    return one


def _arguments(given: Mapping[str, str], language: str) -> dict[str, str]:
    """Arguments of one language's transcriber: those for all, and those for it."""
    everyone = {key: value for key, value in given.items() if ":" not in key}
    split = [(*key.partition(":")[::2], value) for key, value in given.items() if ":" in key]
    return {**everyone, **{key: value for place, key, value in split if _code(place) == language}}


def _code(language: str) -> str:
    return ANY if language == ANY else canonical(language)
