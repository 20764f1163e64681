"""What the baseline hears: stretches of sound with their loudness, length, pitch and kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000  # Hz
_FRAME = 160  # samples, 10 ms
_WINDOW = 1024  # samples, of spectra
_FLOOR = 1e-3  # root mean square below which there is no sound
_BELOW = 30.0  # dB below the loudest frame, from where on there is none either
_PAUSE = 0.06  # seconds: shorter ones do not part two sounds
_PITCHES = (65.0, 1200.0)  # Hz
_CLEAR = 0.75  # autocorrelation from which a frame has a pitch


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sound between two pauses.

    Args:
        start, seconds: when it begins, and how long it is.
        loudness: dB of full scale.
        pitches: Hz, of each frame that has a pitch.
        voiced: share of its frames that have one.
        flatness: of its spectrum, 0 (a tone) to 1 (white noise).
        centre: Hz, the centre of its spectrum.
        wandering: how much the centre moves, as a share of itself.
        decay: dB by which the second half is softer than the first.
        overtones: share of its power above 1.5 times the median pitch; 1 without a pitch.
    """

    start: float
    seconds: float
    loudness: float
    pitches: tuple[float, ...]
    voiced: float
    flatness: float
    centre: float
    wandering: float
    decay: float
    overtones: float

    @property
    def pitch(self) -> float:
        """Median, Hz; 0 without one."""
        import numpy as np

        return float(np.median(self.pitches)) if self.pitches else 0.0

    @property
    def speech(self) -> bool:
        """Voiced and unvoiced frames in turn, at a pitch people speak at, with a colour that changes."""
        return self.seconds > 0.3 and 0.3 < self.voiced < 0.97 and 70 < self.pitch < 320 and self.wandering > 0.3


def stretches(wave: NDArray[np.float64], pause: float = _PAUSE) -> list[Stretch]:
    """The sounds of a recording.

    Args:
        wave: samples at 16 kHz, shape (samples,).
        pause: seconds; shorter pauses do not part two sounds.
    """
    import numpy as np

    frames = wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return []
    power = np.sqrt((frames**2).mean(axis=1))
    heard = power > max(_FLOOR, float(power.max()) * 10 ** (-_BELOW / 20))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], heard.astype(int), [0]])))
    parts: list[list[int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if parts and (start - parts[-1][1]) * _FRAME < pause * RATE:
            parts[-1][1] = end
        else:
            parts.append([start, end])
    return [_described(wave, start * _FRAME, end * _FRAME) for start, end in parts if end - start > 1]


def _described(wave: NDArray[np.float64], start: int, end: int) -> Stretch:
    import numpy as np

    part = wave[start:end]
    spectra = _spectra(part)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    loud = spectra.sum(axis=1) > spectra.sum(axis=1).max() * 0.01
    centres = (spectra * hertz).sum(axis=1)[loud] / spectra.sum(axis=1)[loud]
    whole = spectra.sum(axis=0) + 1e-12
    pitched = [pitch for pitch in map(_pitch, _windows(part)) if pitch]
    middle = len(part) // 2
    halves = [float(np.sqrt((half**2).mean() + 1e-12)) for half in (part[:middle], part[middle:])]
    pitch = float(np.median(pitched)) if pitched else 0.0
    return Stretch(
        start=start / RATE,
        seconds=len(part) / RATE,
        loudness=20 * float(np.log10(np.sqrt((part**2).mean()) + 1e-9)),
        pitches=tuple(pitched),
        voiced=len(pitched) / max(1, len(list(_windows(part)))),
        flatness=float(np.exp(np.log(whole).mean()) / whole.mean()),
        centre=float((whole * hertz).sum() / whole.sum()),
        wandering=float(centres.std() / (centres.mean() + 1e-9)),
        decay=20 * float(np.log10(halves[0] / halves[1])),
        overtones=float(whole[hertz > 1.5 * pitch].sum() / whole.sum()) if pitch else 1.0,
    )


def _windows(part: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    import numpy as np

    if len(part) < _WINDOW:
        part = np.pad(part, (0, _WINDOW - len(part)))
    return [part[at : at + _WINDOW] for at in range(0, len(part) - _WINDOW + 1, _WINDOW // 2)]


def _spectra(part: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    shape = np.hanning(_WINDOW)
    return np.asarray([np.abs(np.fft.rfft(window * shape)) ** 2 for window in _windows(part)])


def _pitch(window: NDArray[np.float64]) -> float | None:
    """Hz by the highest peak of the autocorrelation, the shortest of near-equal ones; None where there is no pitch."""
    import numpy as np

    window = window - window.mean()
    power = np.abs(np.fft.rfft(window, 2 * _WINDOW)) ** 2
    lags = np.fft.irfft(power)[:_WINDOW]
    if lags[0] <= 0:
        return None
    lags = lags / lags[0] * _WINDOW / (_WINDOW - np.arange(_WINDOW))
    first, last = round(RATE / _PITCHES[1]), round(RATE / _PITCHES[0])
    inside = lags[first:last]
    peaks = np.flatnonzero((inside[1:-1] >= inside[:-2]) & (inside[1:-1] > inside[2:])) + 1
    if not len(peaks) or inside[peaks].max() < _CLEAR:
        return None
    good = peaks[inside[peaks] > 0.9 * inside[peaks].max()]
    return float(RATE / (first + good[0]))
