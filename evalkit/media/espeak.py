"""Speech from eSpeak NG: robotic, small, free, and the same samples again for the same version.

The library of the package `espeakng-loader` is used where it is installed, else the program `espeak-ng`. The library
keeps state between utterances that changes later ones by a little; it is loaded anew for each, which takes 2 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import math
import re
import shutil
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import EvalkitError
from evalkit.core.installation import install_command

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pcm = NDArray[np.int16]

SAMPLE_RATE = 22_050  # Hz
WORDS_PER_MINUTE = 175  # at rate 1
_PITCH, _VOLUME = 50, 50  # of 0 to 99 and of 0 to 200, at pitch 1 and loudness 1; half volume leaves room
_OCTAVE_UP, _OCTAVE_DOWN = 66.2, 82.6  # steps of eSpeak's pitch to the octave, measured above and below 50
_RATE_PARAMETER, _VOLUME_PARAMETER, _PITCH_PARAMETER = 1, 2, 3  # of speak_lib.h
_SYNCHRONOUS, _UTF8 = 2, 1


class SynthesizerError(EvalkitError):
    """There is no synthesizer, or it cannot say what it was asked to."""


class Engine(ABC):
    """One way to reach eSpeak NG.

    Attributes:
        version: for example "espeak-ng 1.52.0".
    """

    version: str

    @abstractmethod
    def speak(self, text: str, voice: str, speed: int, pitch: int) -> Pcm:
        """Samples at `SAMPLE_RATE`; speed in words per minute, pitch from 0 to 99."""


class _Library(Engine):
    def __init__(self, path: str, data: str) -> None:
        self._path, self._data = path, data.encode()
        self._lock = threading.Lock()
        with self._loaded() as library:
            library.espeak_Info.restype = ctypes.c_char_p
            self.version = f"espeak-ng {library.espeak_Info(None).decode()}"

    @contextlib.contextmanager
    def _loaded(self) -> Iterator[Any]:
        import _ctypes

        with self._lock:
            library = ctypes.CDLL(self._path)
            try:
                if library.espeak_Initialize(_SYNCHRONOUS, 0, self._data, 0) != SAMPLE_RATE:
                    raise SynthesizerError(f"{self._path}: eSpeak NG does not start; install espeakng-loader anew")
                try:
                    yield library
                finally:
                    library.espeak_Terminate()
            finally:
                _ctypes.dlclose(library._handle)

    def speak(self, text: str, voice: str, speed: int, pitch: int) -> Pcm:
        import numpy as np

        made: list[Pcm] = []

        def take(samples: Any, count: int, events: Any) -> int:
            if samples and count > 0:
                made.append(np.ctypeslib.as_array(samples, (count,)).copy())
            return 0

        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        callback = kind(take)
        data = text.encode() + b"\0"
        with self._loaded() as library:
            library.espeak_SetSynthCallback(callback)
            if library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise SynthesizerError(f"eSpeak NG has no voice '{voice}'")
            settings = ((_RATE_PARAMETER, speed), (_VOLUME_PARAMETER, _VOLUME), (_PITCH_PARAMETER, pitch))
            for parameter, value in settings:
                library.espeak_SetParameter(parameter, value, 0)
            library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 1, 0, _UTF8, None, None)
            library.espeak_Synchronize()
        return np.concatenate(made) if made else np.empty(0, np.int16)


class _Program(Engine):
    def __init__(self, path: str) -> None:
        self._path = path
        said = subprocess.run([path, "--version"], capture_output=True, check=False).stdout.decode(errors="replace")
        found = re.search(r"\d+(?:\.\d+)+", said)
        if found is None:
            raise SynthesizerError(f"{path} does not tell its version; expected eSpeak NG")
        self.version = f"espeak-ng {found[0]}"

    def speak(self, text: str, voice: str, speed: int, pitch: int) -> Pcm:
        import numpy as np

        settings = ["-v", voice, "-s", str(speed), "-p", str(pitch), "-a", str(_VOLUME)]
        done = subprocess.run(
            [self._path, *settings, "-b", "1", "--stdin", "--stdout"],
            input=text.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise SynthesizerError(f"eSpeak NG, voice '{voice}': {done.stderr.decode(errors='replace').strip()}")
        start = done.stdout.find(b"data") + 8  # a header that promises any length, then samples
        return np.frombuffer(done.stdout[start : start + (len(done.stdout) - start) // 2 * 2], np.int16)


@functools.cache
def engine() -> Engine:
    """What speaks here.

    Raises:
        SynthesizerError: nothing does; says how to install it.
    """
    if importlib.util.find_spec("espeakng_loader") is not None:
        import espeakng_loader

        return _Library(str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path()))
    program = shutil.which("espeak-ng")
    if program is not None:
        return _Program(program)
    raise SynthesizerError(
        "speech is made with eSpeak NG, which is not installed. Install it with: "
        f"{install_command('twins')} (or the program: apt-get install espeak-ng)"
    )


def synthesize(
    text: str, voice: str, *, rate: float = 1.0, pitch: float = 1.0, loudness: float = 1.0
) -> NDArray[np.float32]:
    """Speak a text.

    Args:
        text: plain text in the voice's language.
        voice: name of eSpeak NG, with a variant after "+" ("en-us+f2", "cmn").
        rate: factor on 175 words per minute, within eSpeak's 80 to 450.
        pitch: factor on the voice's own, about 0.6 to 1.7.
        loudness: factor on the amplitude; 2 is close to full scale.

    Returns:
        Mono samples at `SAMPLE_RATE` Hz in [-1, 1], shape (samples,).

    Raises:
        SynthesizerError: no synthesizer, no such voice, or a text without anything to say.
    """
    import numpy as np

    speed = min(450, max(80, round(WORDS_PER_MINUTE * rate)))
    octaves = math.log2(pitch)
    steps = _PITCH + octaves * (_OCTAVE_UP if octaves > 0 else _OCTAVE_DOWN)
    spoken = any(char.isalnum() for char in text)
    pcm = engine().speak(text, voice, speed, min(99, max(0, round(steps)))) if spoken else ()
    if not len(pcm):
        raise SynthesizerError(f"eSpeak NG found nothing to say in {text!r}")
    samples: NDArray[np.float32] = np.clip(np.asarray(pcm, np.float32) / 32768.0 * np.float32(loudness), -1.0, 1.0)
    return samples
