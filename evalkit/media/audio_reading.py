"""Reading an audio file from beginning to end in blocks of floats, with an account of what was found."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media import remarks
from evalkit.media.audio_account import Account, account
from evalkit.media.formats import AUDIO, AUDIO_NAMES, media_type
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 4 * 3600.0
MAX_RATE = 768_000  # Hz
MAX_CHANNELS = 64
MAX_SAMPLES = int(MAX_SECONDS) * 48_000 * 2  # of all channels: four hours of 48 kHz stereo
SLACK = 0.1  # seconds: with less missing, a file is flagged; with more, refused
SILENCE = 10 ** (-60 / 20)  # peak of full scale below which there is no sound
_OPPOSED = 0.01  # power of the average, relative to that of the channels, from which on they cancel out
_BLOCK = 1 << 20  # samples, of all channels
_SMALL = 1024  # samples per channel


class Reading:
    """One audio file, its header read.

    Args:
        handle: of the file.
        data: its bytes, where they have been read already.

    Attributes:
        kind: media type, by the content.
        rate: Hz.
        channels: their number.
        subtype: codec, as libsndfile calls it.
        frames: samples per channel read so far.

    Raises:
        DataError: missing, empty, not audio of a format that is read, or beyond the bounds.
    """

    def __init__(self, handle: Audio, data: bytes | None = None) -> None:
        self._handle = handle
        data = read_bytes(handle) if data is None else data
        kind = media_type(data)
        if kind not in AUDIO:
            raise DataError(handle.label, f"cannot be decoded as audio (it is {_named(kind)}); expected {AUDIO_NAMES}")
        assert kind is not None
        self.kind = kind
        self._account: Account = account(data, kind)
        self.frames = 0
        self._clipped, self._peak, self._power, self._mixed = 0, 0.0, 0.0, 0.0
        with self._open(self._account.parts[0]) as file:
            self.rate, self.channels, self.subtype = int(file.samplerate), int(file.channels), str(file.subtype)
            self._told = int(file.frames)
        self._check_bounds()

    @property
    def seconds(self) -> float:
        """What was read so far."""
        return self.frames / self.rate

    @property
    def plain(self) -> bool:
        """After all was read: whole, told by a true header, and nothing clipped."""
        missing, _ = self._missing()
        return self._account.plain and not missing and not self._ends_early() and self._clipped == 0

    def told_seconds(self) -> float:
        """Length by the header, where that gives one, else by libsndfile."""
        return (self._account.frames or self._told) / self.rate

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Blocks in [-1, 1], shape (samples, channels); at the end the whole is judged.

        Raises:
            DataError: it cannot be decoded to its end, is truncated, too long, or holds no or infinite samples.
        """
        import numpy as np

        for part in self._account.parts:
            for block in self._of_part(part):
                if not bool(np.isfinite(block).all()):
                    raise DataError(self._handle.label, "the audio holds NaN or infinite samples")
                yield self._taken(block)
        self._conclude()

    def _of_part(self, part: bytes) -> Iterator[NDArray[np.float32]]:
        left = min(int(MAX_SECONDS * self.rate), MAX_SAMPLES // self.channels) - self.frames
        size = max(_BLOCK // self.channels, 1)
        with self._open(part) as file:
            if (file.samplerate, file.channels) != (self.rate, self.channels):
                raise DataError(self._handle.label, "streams of different rates or channels follow each other in it")
            while len(block := self._read(file, size)):
                left -= len(block)
                if left < 0:
                    raise DataError(self._handle.label, self._too_long())
                yield block

    def _taken(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """A block clipped, its measures added up."""
        import numpy as np

        self.frames += len(block)
        peak = float(np.abs(block).max())
        if peak > 1.0:
            self._clipped += int((np.abs(block) > 1.0).sum())
            block = np.clip(block, -1.0, 1.0)
        self._peak = max(self._peak, min(peak, 1.0))
        if self.channels > 1:
            self._power += float(np.square(block, dtype=np.float64).sum()) / self.channels
            self._mixed += float(np.square(block.mean(axis=1), dtype=np.float64).sum())
        return block

    def _conclude(self) -> None:
        """Note what is remarkable, and refuse what is not whole."""
        missing, promised = self._missing()
        flags, facts = [], {}
        ends_early = self._ends_early()
        if missing or ends_early:
            flags.append("truncated_input")
            facts["found_seconds"] = round(self.seconds, 4)
            if promised is not None:
                facts["promised_seconds"] = round(promised, 4)
        if self.frames and self._account.unread and self._account.unread * self.seconds > SLACK * self._account.held:
            flags.append("unread_input")
            facts["unread_bytes"] = self._account.unread
        if self.frames and self._peak < SILENCE:
            flags.append("silent_input")
        elif self._mixed < _OPPOSED * self._power:
            flags.append("antiphase_input")
        if self._clipped:
            share = self._clipped / (self.frames * self.channels)
            facts["clipped"] = round(share, 6)
            flags += ["clipped_input"] if share >= remarks.CLIPPED else []
        if flags or facts:
            facts.setdefault("seconds", round(self.seconds, 4))
            remarks.note(self._handle, {"flags": flags, **facts})
        if self._account.cut or missing > SLACK:
            raise DataError(self._handle.label, self._truncated(promised))
        if self.frames == 0:
            raise DataError(self._handle.label, "the audio has no samples")

    def _missing(self) -> tuple[float, float | None]:
        """Seconds that the header promises and the file does not hold, and the seconds it promises."""
        told, promised = self._account, None
        if told.frames is not None:
            promised = told.frames / self.rate
        if told.held < told.promised:
            by_bytes = self.seconds * told.promised / told.held if told.held and self.frames else None
            promised = max(promised or 0.0, by_bytes or 0.0) or None
            if promised is None:
                return SLACK * 2, None  # nothing at all is there
        missing = 0.0 if promised is None else promised - self.seconds
        # Half a sample of rounding; of mp3, decoders may drop a frame at either end.
        least = 2.2 * 1152 / self.rate if self.kind == "audio/mp3" else 0.5 / self.rate
        return (missing, promised) if missing > least or told.held < told.promised else (0.0, promised)

    def _ends_early(self) -> bool:
        return self._account.cut or self._account.unended

    def _truncated(self, promised: float | None) -> str:
        if promised is None:
            return f"truncated: it ends in the middle of its data, after {self.seconds:.2f} s; get the file again"
        return f"truncated: its header promises {promised:.2f} s, it holds {self.seconds:.2f} s; get the file again"

    def _open(self, part: bytes) -> Any:
        """Open for reading from beginning to end only: a stream of unknown length cannot be sought."""
        import soundfile as sf

        class Forward(sf.SoundFile):  # type: ignore[misc]
            def seekable(self) -> bool:
                return False

        try:
            return Forward(io.BytesIO(part))
        except sf.LibsndfileError as error:
            raise self._undecodable(error) from None

    def _read(self, file: Any, size: int) -> NDArray[np.float32]:
        import soundfile as sf

        try:
            block: NDArray[np.float32] = file.read(size, dtype="float32", always_2d=True)
        except sf.LibsndfileError as error:
            self.frames += self._reach(size)
            raise self._undecodable(error) from None
        return block

    def _reach(self, size: int) -> int:
        """Samples of the block in which decoding fails that can be decoded."""
        import soundfile as sf

        done = 0
        with self._open(self._account.parts[0]) as file, contextlib.suppress(sf.LibsndfileError):
            for length in (*[size] * (self.frames // size), *[_SMALL] * (size // _SMALL + 1)):
                done += len(file.read(length, dtype="float32", always_2d=True))
        return max(done - self.frames, 0)

    def _undecodable(self, error: Any) -> DataError:
        told = self._account
        if self._ends_early() or told.held < told.promised or (told.frames and self.frames):
            promised = told.frames / self.rate if told.frames and self.frames else None
            facts: dict[str, Any] = {"found_seconds": round(self.frames / self.rate, 4) if self.frames else 0.0}
            if promised is not None:
                facts["promised_seconds"] = round(promised, 4)
            remarks.note(self._handle, {"flags": ["truncated_input"], **facts})
            return DataError(
                self._handle.label,
                f"truncated or damaged: cannot be decoded beyond {facts['found_seconds']:.2f} s "
                f"({error.error_string.rstrip('.')}); get the file again",
            )
        why = error.error_string.rstrip(".") or f"libsndfile's error {error.code}"
        return DataError(self._handle.label, f"cannot be decoded as audio ({why}); expected {AUDIO_NAMES}")

    def _check_bounds(self) -> None:
        if self.rate <= 0:
            raise DataError(self._handle.label, "the audio header gives no sample rate")
        if self.rate > MAX_RATE or self.channels > MAX_CHANNELS:
            raise DataError(
                self._handle.label,
                f"{self.channels} channels at {self.rate} Hz; at most {MAX_CHANNELS} and {MAX_RATE} Hz are decoded",
            )
        told = self._told if self._told < 1 << 62 else 0  # libsndfile's word for an unknown length is 2^63 - 1
        if told > MAX_SECONDS * self.rate or told * self.channels > MAX_SAMPLES:
            raise DataError(self._handle.label, self._too_long())

    def _too_long(self) -> str:
        return (
            f"longer than {MAX_SECONDS / 3600:.0f} hours, or than {MAX_SAMPLES:,} samples of all channels "
            f"({self.channels} at {self.rate} Hz); cut it first"
        )


def _named(kind: str | None) -> str:
    return "of no known format" if kind is None else kind
