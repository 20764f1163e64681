"""Mutation: small mistakes put into the code that decides scores, money and identity. How many does no test notice?

Each mistake is made in a copy of the repository, where the tests run that call the function it is in (for a constant:
the functions that name it), quickest first, until one fails. Which tests call what is noted once for each test file and
kept in the cache folder. A mistake that makes tests run out of their time is noticed, too. The exit status is 1 where
more survive than may.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import itertools
import json
import os
import py_compile
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants import Mutant, compiles, mutants
from mutation_tests import NOTED

ROOT = Path(__file__).resolve().parents[1]
MOST = 10.0  # % of the mistakes that may survive
EQUIVALENT = Path(__file__).with_name("mutation_equivalent.json")
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "results", "build", ".mypy_cache", ".ruff_cache", ".hypothesis", "*.egg-info"
)


@dataclass(frozen=True)
class Room:
    """Code that decides something, and the tests that hold it: patterns from the repository's root."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "metrics": Room(
        code=("evalkit/metrics/**/*.py",),
        tests=("tests/metrics/**/test_*.py", "tests/cli/test_metric_kinds.py", "tests/tasks/test_accepted_answer.py"),
    ),
    "judging": Room(
        code=("evalkit/judging/parsing.py", "evalkit/judging/outputs.py"),
        tests=(
            "tests/judging/test_*pars*.py", "tests/judging/test_*replies.py", "tests/judging/test_thinking_judges.py",
            "tests/judging/test_rubric_files.py", "tests/judging/test_outputs.py", "tests/judging/test_rules.py",
        ),
    ),
    "summary": Room(
        code=("evalkit/run/summarize.py", "evalkit/run/tallies.py", "evalkit/run/usable.py"),
        tests=(
            "tests/run/test_summary_*.py", "tests/run/test_usable.py", "tests/run/test_columns.py",
            "tests/run/test_repeats.py", "tests/core/test_tally.py", "tests/hostile/test_odd_replies.py",
        ),
    ),
    "identity": Room(
        code=("evalkit/data/fingerprint.py", "evalkit/data/hash_manifest.py", "evalkit/data/dataset.py"),
        tests=("tests/data/test_fingerprint.py", "tests/data/test_dataset.py"),
    ),
    "calls": Room(
        code=tuple(
            f"evalkit/models/api/{name}.py"
            for name in (
                *("call_errors", "catalogue", "chat_completions", "connection_errors", "generate_content"),
                *("openai_client", "rate_limits", "refusals", "reply_errors", "retrying", "server_events"),
            )
        ),
        tests=(
            "tests/models/test_calls_*.py", "tests/adapters/test_own_servers.py",
            "tests/adapters/test_provider_answers.py",
        ),
    ),
}  # fmt: skip


def files(patterns: Iterable[str]) -> list[str]:
    return sorted({str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)})


def copied(folder: Path, changing: Iterable[str]) -> Path:
    """The repository in a folder of its own; compiled files of what changes are valid by content, not by time."""
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=_LEFT_OUT, symlinks=True)
    for name in set(changing):
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        py_compile.compile(str(tree / name), doraise=True, invalidation_mode=mode)
    return tree


def environment(tree: Path) -> dict[str, str]:
    """Of tests in a copy: they and the processes they start import what lies there."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EVALKIT_")}
    paths = os.pathsep.join([str(tree), str(tree / "benchmarks")])
    return {**kept, "PYTHONPATH": paths, "TMPDIR": str(tree.parent)}


class Tester:
    """Runs chosen tests in a copy of the repository."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self._process = subprocess.Popen(
            [sys.executable, str(tree / "benchmarks" / "mutation_tests.py")], cwd=tree, env=environment(tree),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, chosen: Sequence[str], timeout: float) -> int | None:
        """Exit code of pytest; None where the time was over."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"chosen": chosen, "timeout": timeout}) + "\n")
        self._process.stdin.flush()
        code: int | None = json.loads(self._process.stdout.readline())
        return code

    def outcome(self, mutant: Mutant, chosen: Sequence[str], seconds: float) -> str:
        """What the tests say to a change: "noticed", "out of time", "survived"."""
        if not chosen:
            return "survived"
        target, text = self.tree / mutant.path, (ROOT / mutant.path).read_bytes()
        target.write_bytes(mutant.apply(text))
        try:
            code = self.run(chosen, 30.0 + 2.0 * seconds)
        finally:
            target.write_bytes(text)
        if code == 5:
            return "no test ran"
        return "survived" if code == 0 else "out of time" if code is None else "noticed"

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def digest(path: str) -> str:
    return hashlib.blake2b((ROOT / path).read_bytes(), digest_size=16).hexdigest()


def noted(rooms: Sequence[str], tree: Path, store: Path) -> dict[str, Any]:
    """What each test calls, by test file: noted anew where the file has changed since."""
    known: dict[str, Any] = json.loads(store.read_text()) if store.exists() else {}
    for room in rooms:
        names = files(ROOMS[room].tests)
        new = [name for name in names if known.get(name, {}).get("digest") != digest(name)]
        if not new:
            continue
        print(f"{room}: noting what the tests of {len(new)} files call", flush=True)
        target = tree.parent / "noted.json"
        target.unlink(missing_ok=True)
        began = time.perf_counter()
        words = ["-q", "-p", "no:cacheprovider", "-p", "mutation_tests", "-m", "not campaign", "--hypothesis-seed=0"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *new], cwd=tree, env={**environment(tree), NOTED: str(target)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if not target.exists():
            raise SystemExit(f"the tests of {room} did not run to their end:\n{done.stdout[-3000:]}")
        found = json.loads(target.read_text())
        new = [name for name in new if found.get(name, {}).get("tests")]  # the others are noted the next time
        for name in new:
            known[name] = {**found[name], "digest": digest(name)}
        store.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(json.dumps(known))
        failed = [nodeid for name in new for nodeid in known[name]["failed"]]
        print(f"{room}: {time.perf_counter() - began:.0f} s; {len(failed)} fail without a mistake, and are not used")
        print("".join(f"  {nodeid}\n" for nodeid in failed), end="", flush=True)
    return known


def users(path: str, names: Sequence[str]) -> set[str] | None:
    """Functions of a file that name one of the names; None where none does."""
    tree = ast.parse((ROOT / path).read_bytes())
    found = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.name in names or any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node)))
    }
    return found or None


def chosen(mutant: Mutant, names: Sequence[str], known: Mapping[str, Any], budget: float) -> tuple[list[str], float]:
    """Tests that may notice a change, quickest first, and the seconds they take; what is over the budget is cut."""
    wanted = {mutant.within[0]} if mutant.within else users(mutant.path, mutant.names)
    prefix = f"{mutant.path}:"
    found: list[tuple[bool, float, str]] = []
    for name in names:
        file = known[name]
        calls = {nodeid: _of(prefix, called) for nodeid, (_, called) in file["tests"].items()}
        general = _of(prefix, file["all"])
        # A constant may be read without a call: all tests of a file that knows the module.
        knows = not mutant.within and bool(general or any(calls.values()))
        for nodeid, (seconds, _) in file["tests"].items():
            direct = bool(calls[nodeid] & wanted if wanted else calls[nodeid])
            if nodeid not in file["failed"] and (direct or knows or (general & wanted if wanted else general)):
                found.append((bool(mutant.within) and not direct, seconds, nodeid))
    kept: list[str] = []
    spent = 0.0
    for _, seconds, nodeid in sorted(found):
        if kept and spent + seconds > budget:
            break
        kept.append(nodeid)
        spent += seconds
    order = {nodeid.partition("::")[0]: None for nodeid in kept}  # files in the order of their quickest test
    return [nodeid for name in order for nodeid in kept if nodeid.partition("::")[0] == name], spent


def _of(prefix: str, calls: Iterable[str]) -> set[str]:
    return {call.removeprefix(prefix) for call in calls if call.startswith(prefix)}


def whole(one: Mutant) -> bool:
    return compiles(one.apply((ROOT / one.path).read_bytes()))


def equivalent() -> dict[tuple[str, str, str, str], str]:
    """Changes that change nothing anyone could see, with the reason: path, line's text, before, after."""
    rows = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {(row["path"], row["source"], row["before"], row["after"]): row["reason"] for row in rows}


def main() -> int:
    """Print what survives, and the share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--sample", type=int, default=200, help="mistakes to make; 0: all (default: 200)")
    parser.add_argument("--room", action="append", choices=sorted(ROOMS), help="one room alone; may be repeated")
    parser.add_argument("--file", action="append", default=[], help="code of one file alone; may be repeated")
    parser.add_argument("--kind", action="append", default=[], help="one kind of mistake alone; may be repeated")
    parser.add_argument("--line", type=int, help="mistakes of one line alone")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="draw no further mistake after so long")
    parser.add_argument("--jobs", type=int, default=1, help="at once, each in a copy of its own (default: 1)")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of tests for one mistake (default: 20)")
    parser.add_argument("--noted", type=Path, help="file that keeps which tests call what")
    parser.add_argument("--list", action="store_true", help="print the mistakes and make none")
    words = parser.parse_args()
    rooms = words.room or list(ROOMS)
    room_of = {path: room for room in rooms for path in files(ROOMS[room].code)}
    everything = [one for path in sorted(room_of) for one in mutants(path, (ROOT / path).read_bytes())]
    same = equivalent()
    left = [one for one in everything if (one.path, one.source, one.before, one.after) not in same]
    print(f"{len(everything)} mistakes in {len(room_of)} files; {len(everything) - len(left)} of them change nothing")
    picked = [
        one for one in left
        if (not words.file or one.path in words.file) and (not words.kind or one.kind in words.kind)
        and words.line in (None, one.line)
    ]  # fmt: skip
    random.Random(words.seed).shuffle(picked)
    picked = list(itertools.islice(filter(whole, picked), words.sample or None))
    if words.list:
        picked.sort(key=lambda one: (one.path, one.start))
        print("\n".join(map(str, picked)))
        return 0
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    store = words.noted or cache / "evalkit-mutation.json"
    results = tried(picked, room_of, words.jobs, words.budget, store, words.minutes)
    return told(picked, results, words.seed)


def tried(
    picked: Sequence[Mutant], room_of: Mapping[str, str], jobs: int, budget: float, store: Path, minutes: float
) -> dict[Mutant, str]:
    """What became of each change, in the order they were drawn in, as far as the time goes."""
    results: dict[Mutant, str] = {}
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for one in picked:
        waiting.put(one)
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folders = [Path(name, str(number)) for number in range(jobs)]
        for folder in folders:
            folder.mkdir()
        trees = [copied(folder, (one.path for one in picked)) for folder in folders]
        used = [room for room in ROOMS if room in {room_of[one.path] for one in picked}]
        known = noted(used, trees[0], store)
        names = {room: [name for name in files(ROOMS[room].tests) if name in known] for room in used}

        ends = time.monotonic() + 60.0 * minutes

        def work(tree: Path) -> None:
            tester = Tester(tree)
            while time.monotonic() < ends:
                try:
                    one = waiting.get_nowait()
                except queue.Empty:
                    break
                tests, seconds = chosen(one, names[room_of[one.path]], known, budget)
                results[one] = tester.outcome(one, tests, seconds)
                if results[one] != "noticed":
                    print(f"{results[one]}: {one} ({len(tests)} tests)", flush=True)
            tester.close()

        threads = [threading.Thread(target=work, args=(tree,)) for tree in trees]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return results


def told(picked: Sequence[Mutant], results: Mapping[Mutant, str], seed: int) -> int:
    """Print the end; the exit status."""
    counts = {what: sum(found == what for found in results.values()) for what in ("noticed", "out of time", "survived")}
    if odd := len(results) - sum(counts.values()):
        print(f"{odd} could not be tried")
        return 2
    share = 100.0 * counts["survived"] / max(1, len(results))
    drawn = "" if len(results) == len(picked) else f" (the first of {len(picked)} that were drawn)"
    print(
        f"seed {seed}, {len(results)} mistakes{drawn}: {counts['noticed']} noticed, {counts['out of time']} out of "
        f"time, {counts['survived']} survived: {share:.1f} % (at most {MOST:g} %)"
    )
    return 1 if share > MOST else 0


if __name__ == "__main__":
    raise SystemExit(main())
