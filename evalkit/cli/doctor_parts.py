"""What `evalkit doctor` tells of optional parts: packages that are there, missing, or there and broken."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from evalkit.core.installation import install_command
from evalkit.core.own_process import code_command

# distribution -> module, extra of evalkit that brings it, what it is for
PARTS = {
    "torch": ("torch", "local", "local models"),
    "transformers": ("transformers", "local", "local models"),
    "accelerate": ("accelerate", "local", "weights straight to the device"),
    "pillow": ("PIL", "images", "images"),
    "flash-attn": ("flash_attn", "flash", "--attn flash_attention_2"),
    "torchvision": ("torchvision", "video", "videos"),
    "av": ("av", "video", "videos"),
    "torchaudio": ("torchaudio", None, "nothing here; some checkpoints' own code wants it"),
    "funasr": ("funasr", "speech", "paraformer, sense-voice, emotion2vec"),
    "kaldi-native-fbank": ("kaldi_native_fbank", "speech", "funasr"),
    "openai": ("openai", "openai", "OpenAI and servers with its protocol"),
    "google-genai": ("google.genai", "gemini", "Gemini"),
    "matplotlib": ("matplotlib", "plots", "evalkit plot"),
}
# Compiled against one torch: installed beside another they do not load, and torchaudio takes processors with it.
_COMPILED = ("torch", "torchvision", "torchaudio", "flash_attn")
_SECONDS = 120.0
_TRY = """
import importlib, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        found[name] = f"{type(error).__name__}: {error}".splitlines()[0][:160]
    else:
        if name == "torch":
            count = module.cuda.device_count() if module.cuda.is_available() else 0
            names = [module.cuda.get_device_name(number) for number in range(count)]
            built = f"CUDA {module.version.cuda}" if module.version.cuda else "built without CUDA"
            found["devices"] = ", ".join([built, *(names or ["no device"])])
sys.__stdout__.write(json.dumps(found))
"""


def parts() -> dict[str, str]:
    """One line for each optional part."""
    installed = {name: module for name, (module, _, _) in PARTS.items() if _there(module)}
    broken = _tried([module for module in installed.values() if module in _COMPILED])
    found = {}
    for name, (module, extra, purpose) in PARTS.items():
        if name not in installed:
            how = f": {install_command(extra)}" if extra else ""
            found[name] = f"not installed ({purpose}){how}"
        elif module in broken:
            found[name] = f"{_version(name)}, installed but broken ({broken[module]}){_remedy(name)}"
        else:
            found[name] = f"{_version(name)} ({purpose})"
    if "devices" in broken:
        found["torch"] += f"; {broken['devices']}"
    found["espeak-ng"] = _espeak()
    return found


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # the package around it is missing
        return False


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "version unknown"


def _tried(modules: list[str]) -> dict[str, str]:
    """Import modules in a process of their own: module -> what went wrong; "devices": what torch sees."""
    if not modules:
        return {}
    try:
        done = subprocess.run(
            code_command(_TRY, *modules), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"torch": f"its import takes more than {_SECONDS:.0f} s"}
    except (ValueError, IndexError):
        return {"torch": f"its import ends the process with exit code {done.returncode}"}
    return found


def _remedy(name: str) -> str:
    if name == "torchaudio":
        return "; processors of transformers fail with it: pip uninstall torchaudio"
    if name == "torch":
        return "; install it anew, see pytorch.org"
    return f"; it has to match torch: pip uninstall {name}, or install the build for this torch"


def _espeak() -> str:
    from evalkit.core.errors import EvalkitError
    from evalkit.media import espeak

    try:
        return f"{espeak.engine().version} (spoken turns of twins, --tts espeak-ng)"
    except EvalkitError as error:
        return str(error).splitlines()[0]
