"""InteractiveOmni: what is loaded, what is refused, and what happens where batches cannot be made."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.media.audio import decode
from families.cases import answers, ask, clip, texts, with_settings
from families.released_chat import VARIANTS, cases, changed, load, spoken, variant

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")


@pytest.mark.parametrize("reason", VARIANTS)
def test_where_the_capture_does_not_fit_conversations_go_one_by_one_and_it_says_so(
    reason: str, folder: Path, tmp_path: Path, model: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [*cases()[:2], cases()[-1]]
    if "without" not in reason:
        asked += spoken([ask("aloud", "what ?", clip(1.0, 200))])
    with load(variant(folder, tmp_path / "variant", *VARIANTS[reason])) as other:
        found = answers(other, asked)
        assert answers(other, asked[::-1]).keys() == found.keys()
        noted = capsys.readouterr().err
        assert noted.count("one by one, not in batches") == 1 and reason in noted
        assert reason in other.versions()["conversations"]
        assert "one by one" in other.status()
    assert all((response.usage or {})["one_by_one"] == 1 for response in found.values())
    if "samples" in reason or "without" in reason:
        texts(found)
        return
    if "ngram" not in reason:
        expected = answers(model, asked)
        assert texts(found) == texts(expected)
        assert found["aloud"].audio is not None and expected["aloud"].audio is not None
        a, b = decode(found["aloud"].audio, 24000), decode(expected["aloud"].audio, 24000)
        np.testing.assert_allclose(a, b, atol=1e-3)
    assert model.versions()["conversations"] == "batched"


def test_a_row_whose_capture_does_not_fit_goes_alone(
    folder: Path, tmp_path: Path, model: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only speech asks for what cannot be played: texts stay batched."""
    old = "return_dict_in_generate=True,"
    new = old + " **({'output_scores': True} if generate_audio else {}),"
    asked = [*cases()[:3], *spoken([ask("aloud", "what ?"), ask("too", "yes ?")])]
    with load(variant(folder, tmp_path / "variant", old, new)) as other:
        found = answers(other, asked)
    assert {key for key, r in found.items() if "one_by_one" in (r.usage or {})} == {"aloud", "too"}
    assert texts(found) == texts(answers(model, asked))
    assert capsys.readouterr().err.count("one by one") == 1


def test_one_by_one_on_request_gives_the_same_answers(folder: Path, model: Any) -> None:
    asked = cases()
    with load(folder, batched=False) as plain:
        assert texts(answers(plain, asked)) == texts(answers(model, asked))
        drawn = list(with_settings(asked[:3], temperature=1.0))
        assert texts(answers(plain, drawn)) == texts(answers(plain, drawn[::-1]))
    assert plain.identity() != model.identity()


def test_cuda_calls_stay_on_the_cpu_only_while_the_code_runs(folder: Path, released: tuple[Any, Any]) -> None:
    import torch

    from evalkit.models.local import remote_code

    here = torch.ones(2)
    if not torch.cuda.is_available():
        with pytest.raises((AssertionError, RuntimeError)):
            released[1].chat(released[0], {"max_new_tokens": 2}, [{"role": "user", "content": "yes"}], 12, 8)
    kept = torch.Tensor.cuda
    with remote_code.on(torch.device("cpu")):
        assert here.cuda() is here
        assert here.to("cuda:0").device.type == here.to(device="cuda").device.type == "cpu"
        assert torch.zeros(1, device=torch.device("cuda")).device.type == "cpu"
        assert torch.nn.Linear(1, 1).cuda().weight.device.type == "cpu"
    assert torch.Tensor.cuda is kept


def test_the_removed_module_is_there_only_while_code_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import types

    from evalkit.models.local import remote_code

    name = "transformers.onnx"
    if not remote_code._found(name):
        with remote_code.importable():
            stub = importlib.import_module(name)
            assert issubclass(stub.OnnxSeq2SeqConfigWithPast, stub.OnnxConfig)
        assert name not in sys.modules
        with pytest.raises(RuntimeError), remote_code.importable():
            raise RuntimeError
        assert name not in sys.modules
    real = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, real)
    with remote_code.importable():
        assert sys.modules[name] is real
    assert sys.modules[name] is real


@pytest.mark.parametrize("told", [{"do_sample": True}, {"num_beams": 4}])
def test_a_settings_object_that_samples_is_not_decoded_greedily(told: dict[str, Any]) -> None:
    """`chat` may put its settings into an object in place of arguments."""
    import torch
    from transformers import GenerationConfig

    from evalkit.models.local.embedding_capture import CaptureError, Tap

    class Writer:
        def generate(self, **named: Any) -> None:
            raise AssertionError("not reached")

    class Model:
        language_model = Writer()

    model = Model()
    tap = Tap(model)

    def chat(**further: Any) -> Any:
        config = GenerationConfig(max_new_tokens=4, **further)
        return model.language_model.generate(inputs_embeds=torch.zeros(1, 3, 8), generation_config=config)

    assert tap.capture(chat).length == 3
    with pytest.raises(CaptureError, match="samples, or searches with beams"):
        tap.capture(lambda: chat(**told))


def test_it_loads_without_flash_attn(folder: Path, model: Any) -> None:
    import torch
    from transformers import AutoModel

    from evalkit.models.local import remote_code

    config = model.model.config
    assert not config.use_flash_attn and not config.vision_config.use_flash_attn
    assert config.llm_config._attn_implementation == "eager"
    with pytest.raises(ImportError, match="flash_attn"), remote_code.importable():
        AutoModel.from_pretrained(folder, trust_remote_code=True)
    with pytest.raises(MissingExtraError, match="flash"):
        load(folder, attn="flash_attention_2").start()
    with load(folder, attn="sdpa") as other:
        assert texts(answers(other, cases())) == texts(answers(model, cases()))
        assert other.model.language_model.config._attn_implementation == "sdpa"
    assert remote_code.attention("auto", torch.device("cpu")) == "eager"


def test_what_is_missing_is_said_before_anything_is_loaded(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--trust-remote-code"):
        load(folder, trust_remote_code=False)
    bare = changed(folder, tmp_path / "bare")
    (bare / "campplus.onnx").unlink()
    with pytest.raises(UsageError, match=r"get campplus\.onnx \(the speaker encoder\).*only safetensors"):
        load(bare)
    pickled = changed(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"pytorch_model\.bin"):
        load(pickled)
    with pytest.raises(UsageError, match="code from elsewhere"):
        load(
            changed(
                folder,
                tmp_path / "elsewhere",
                auto_map={"AutoConfig": "a--b.C", "AutoModel": "modeling_interactiveomni.M"},
            )
        )
    with pytest.raises(UsageError, match="auto_map"):
        load(changed(folder, tmp_path / "nameless", auto_map={}))
    torn = changed(folder, tmp_path / "torn")
    (torn / "configuration_interactiveomni.py").unlink()
    with pytest.raises(UsageError, match=r"configuration_interactiveomni\.py.*missing"):
        load(torn)
    with pytest.raises(UsageError, match="expected InteractiveOmniModel"):
        load(changed(folder, tmp_path / "other", architectures=["Qwen3ForCausalLM"], auto_map={}))
    with pytest.raises(UsageError, match="at least 1"):
        load(folder, frames=0)
    with pytest.raises(UsageError, match="path=DIRECTORY"):
        load(folder, path=None)


def test_code_that_cannot_run_here_is_explained(folder: Path, tmp_path: Path) -> None:
    code = "modeling_interactiveomni.py"
    needy = changed(folder, tmp_path / "needy")
    (needy / code).write_text("import a_package_nobody_has\n" + (needy / code).read_text())
    with pytest.raises(UsageError, match="a_package_nobody_has"):
        load(needy).start()
    old = changed(folder, tmp_path / "old")
    (old / code).write_text((old / code).read_text().replace("self.post_init()", "self.no_longer_there()"))
    with pytest.raises(UsageError, match=r"does not run with transformers .*'transformers>=4.51,<4.58'"):
        load(old).start()


def test_other_code_is_another_run(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "InteractiveOmni-4B"))
    assert load(other).identity() == load(folder).identity()
    code = other / "modeling_flow.py"
    code.write_text(code.read_text().replace("0.3", "0.4"))
    assert load(other).identity() != load(folder).identity()
