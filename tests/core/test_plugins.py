"""Discovery: folders, entry points of installed distributions, names used twice, arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit import plugin_files, plugins
from evalkit.cli.main import main as cli
from evalkit.core.errors import EvalkitError, UnknownNameError, UsageError

MODULE = '''
"""A parrot: repeats what it is told."""
print("imported", flush=True)
from evalkit.core.model import BatchModel, model
from evalkit.core.response import Response


@model("parrot")
class Parrot(BatchModel):
    def __init__(self, times: int = 1, loud: bool = False, pitch: float | None = None, word: str = "hi"):
        self.times, self.loud, self.pitch, self.word = times, loud, pitch, word

    def answer(self, batch):
        return [Response(text=self.word * self.times) for request in batch]


@model("plain-parrot")
class Plain(BatchModel):
    def answer(self, batch):
        return [Response(text="squawk") for request in batch]


@model("other-name")
class Other(BatchModel):
    def answer(self, batch):
        return []
'''


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Makes an installed distribution whose entry points are the given lines."""
    plugins.plugins.cache_clear()

    def install(name: str, group: str, *lines: str) -> Path:
        folder = tmp_path / name
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]) + "\n")
        (folder / f"{name}_plugin.py").write_text(MODULE)
        monkeypatch.syspath_prepend(folder)
        return folder

    yield install
    plugins.plugins.cache_clear()


def test_an_installed_distribution_adds_a_model(
    distribution: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    distribution("aviary", "evalkit.models", "parrot = aviary_plugin:Parrot")
    assert "parrot" in plugins.plugins("model")
    assert capsys.readouterr().out == "", "listing imports no plugin"
    made = plugins.load_model("parrot", {"times": "3", "loud": "yes", "pitch": "1.5"})
    assert vars(made) == {
        "times": 3, "loud": True, "pitch": 1.5, "word": "hi",
        "arguments": {"times": 3, "loud": True, "pitch": 1.5, "word": "hi"},
    }  # fmt: skip
    assert "repeats what it is told" in plugins.plugin("model", "parrot").text()


def test_an_entry_point_may_name_the_module_alone(distribution: Callable[..., Path]) -> None:
    distribution("zoo", "evalkit.models", "parrot = zoo_plugin")
    assert plugins.load_model("parrot").name == "parrot"


def test_a_model_without_a_constructor_has_no_arguments(distribution: Callable[..., Path]) -> None:
    distribution("cage", "evalkit.models", "plain-parrot = cage_plugin:Plain")
    assert plugins.load_model("plain-parrot").identity() == {}
    with pytest.raises(UnknownNameError, match="volume"):
        plugins.load_model("plain-parrot", {"volume": "3"})


def test_a_name_used_twice_costs_that_name_alone(
    distribution: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    distribution("mimic", "evalkit.models", "constant = mimic_plugin:Parrot\nparrot = mimic_plugin:Parrot")
    assert {"constant", "parrot", "pocketsphinx"} <= set(plugins.plugins("model"))
    for ask in (plugins.model_class, plugins.load_model, lambda name: plugins.plugin("model", name)):
        with pytest.raises(
            EvalkitError, match=r"'constant'.*evalkit\.model_adapters\.constant.*mimic_plugin \(of mimic\)"
        ):
            ask("constant")
    assert plugins.load_model("parrot").name == "parrot"
    assert cli(["list", "models"]) == 0
    shown = capsys.readouterr()
    assert "2 models are named 'constant'" in shown.err
    assert "pocketsphinx" in shown.out
    assert cli(["list", "models", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} >= {"parrot", "pocketsphinx"}
    assert cli(["list", "tasks"]) == 0
    assert "note" not in capsys.readouterr().err
    assert cli(["run", "--model", "constant", "--task", "asr_demo"]) == 2
    assert "Rename or uninstall all but one" in capsys.readouterr().err


def test_two_distributions_with_one_name(distribution: Callable[..., Path]) -> None:
    distribution("nest", "evalkit.models", "parrot = nest_plugin:Parrot")
    distribution("tree", "evalkit.models", "parrot = tree_plugin:Parrot")
    (notice,) = plugins.notices("model")
    assert "nest_plugin" in notice
    assert "tree_plugin" in notice
    with pytest.raises(EvalkitError, match="parrot"):
        plugins.load_model("parrot")


def test_an_entry_point_whose_object_is_registered_under_another_name(distribution: Callable[..., Path]) -> None:
    distribution("branch", "evalkit.models", "parrot = branch_plugin:Other")
    with pytest.raises(EvalkitError, match="'parrot'"):
        plugins.load_model("parrot")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"times": "three"}, ["times=three", "int"]),
        ({"loud": "perhaps"}, ["loud=perhaps", "true or false"]),
        ({"pitch": "high"}, ["pitch=high", "float"]),
        ({"tims": "3"}, ["tims", "times"]),
    ],
)
def test_arguments_that_do_not_fit(
    distribution: Callable[..., Path], arguments: dict[str, str], words: list[str]
) -> None:
    distribution("perch", "evalkit.models", "parrot = perch_plugin:Parrot")
    with pytest.raises(UsageError) as caught:
        plugins.load_model("parrot", arguments)
    assert all(word in str(caught.value) for word in words), caught.value


def test_equal_files_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tasks.py").write_text("from pathlib import Path\n\nHERE = Path(__file__).parent.name\n")
    assert [plugin_files.load(tmp_path / name / "tasks.py").HERE for name in ("one", "two")] == ["one", "two"]
    assert plugin_files.load(tmp_path / "one" / "tasks.py") is plugin_files.load(tmp_path / "one" / "tasks.py")


def test_a_missing_argument_is_named_as_the_command_line_takes_it() -> None:
    with pytest.raises(UsageError, match="--model-arg cmd="):
        plugins.load_model("command")


def test_every_card_of_the_folders_registers_what_it_names() -> None:
    plugins.plugins.cache_clear()
    for name in plugins.plugins("model"):
        assert plugins.model_class(name).name == name


@pytest.mark.parametrize("text", ["no header", "---\n- a\n- list\n---\n", "---\na: [\n---\n", "---\nonly: one line\n"])
def test_a_card_without_a_proper_header_names_its_file(tmp_path: Path, text: str) -> None:
    card = tmp_path / "card.md"
    card.write_text(text)
    with pytest.raises(EvalkitError, match=r"card\.md"):
        plugins.read_card(card)
