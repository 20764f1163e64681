"""Data sets on the Hugging Face hub, streamed at a pinned commit."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError, UsageError
from evalkit.core.message import Media
from evalkit.core.source import Row, Rows
from evalkit.data import hub_errors
from evalkit.data.corpora.columns import Columns, Identify
from evalkit.data.corpora.layout import distinct
from evalkit.data.corpora.parquet import Parquet
from evalkit.data.fields import Field
from evalkit.data.splits import BySplit, of_split

if TYPE_CHECKING:
    from evalkit.data.dataset import Dataset

CONVERTED = "refs/convert/parquet"  # where the hub keeps Parquet copies of data sets in other formats
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Hub:
    """A data set on the hub.

    Args:
        repo: repository, OWNER/NAME.
        revision: commit (40 hex digits) where known; else a branch, tag or ref, resolved to its commit at each start.
        config: configuration, may be a template with {split}; a mapping where it depends on the task's split, splits it
            does not name being configurations of their own; None for the repository's default.
        split: task split -> split on the hub; or one split or template with {split}, for all of the task's splits.
        id: column with the sample id, a template, or a function of the raw row and its index; see `Columns`.
        text: speech in short: column with the transcript.
        audio: speech in short: column with the audio; None where there is none.
        keep: further columns to keep.
        gated: True when the terms must be accepted at the repository's page.
        commit_verified: True when the pinned commit was seen on the hub; otherwise errors say that it was not.
        speaker: speech in short: column with the speaker; None where there is none.
        files: pattern of data files below the repository, with {config} and {split}, to be read instead of the
            repository's own configurations; at "refs/convert/parquet" the default is "{config}/{split}/*.parquet".
        fields: name of a field -> its column, instead of `text`, `audio` and `speaker`; see `evalkit.data.fields`.
    """

    def __init__(
        self,
        repo: str,
        revision: str,
        config: BySplit = None,
        split: Mapping[str, str] | str = "test",
        id: str | Identify = "id",
        text: str | None = None,
        audio: str | None = "audio",
        keep: Sequence[str] = (),
        gated: bool = False,
        commit_verified: bool = False,
        *,
        speaker: str | None = None,
        files: str | None = None,
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        self.repo, self.revision, self.config = repo, revision, config
        self.split: Mapping[str, str] | str = split if isinstance(split, str) else dict(split)
        self.columns = Columns(id, text, audio, speaker, keep, fields=fields)
        self.gated, self.commit_verified = gated, commit_verified
        self.files = files or ("{config}/{split}/*.parquet" if revision == CONVERTED else None)

    def dataset(self, folder: str, splits: Sequence[str] = (), get: str = "") -> Dataset:
        """The source of a task: this data set, or its downloaded repository below the user's data folder.

        Args:
            folder: name of the local copy's folder.
            splits: the task's splits; may be left out where `split` names them.
            get: how to obtain a local copy, for error messages.

        Raises:
            UsageError: nobody names the splits.
        """
        from evalkit.data.dataset import Dataset

        if not splits and isinstance(self.split, str):
            raise UsageError(f"name the splits of '{folder}': Hub(...).dataset('{folder}', ('test', ...))")
        names = tuple(splits) or tuple(self.split)
        return Dataset(folder, names, None, self, get or f"huggingface-cli download --repo-type dataset {self.repo}")

    def downloaded(self) -> Parquet:
        """The layout of the repository's Parquet files on a disk, with the same fields."""
        layout = Parquet(self.split, config=self.config, fields={})
        layout.columns = self.columns
        return layout

    def rows(self, splits: Sequence[str], revision: str | None = None) -> Rows:
        """Rows at a commit; nothing is downloaded yet.

        Args:
            splits: the task's splits.
            revision: instead of the pinned one.

        Raises:
            MissingExtraError: the packages of the extra "hub" are not installed.
            DataError: a branch or tag cannot be resolved: unreachable, unknown, or terms not accepted.
        """
        for package in ("datasets", "huggingface_hub"):
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(package, "hub", f"reading '{self.repo}' from the hub")
        wanted = revision or self.revision
        if _COMMIT.fullmatch(wanted):
            return HubRows(self, splits, wanted)
        try:
            return HubRows(self, splits, resolve(self.repo, wanted))
        except Exception as error:
            raise hub_errors.explained(error, self.repo, wanted, gated=self.gated) from None

    def config_of(self, split: str) -> str | None:
        """Configuration on the hub of a split of the task."""
        return of_split(self.config, split, own=True)

    def split_of(self, split: str) -> str:
        """Split on the hub of a split of the task."""
        return str(of_split(self.split, split))


@functools.cache
def resolve(repo: str, revision: str) -> str:
    """Commit a branch, tag or ref stands for; asked once per process."""
    from huggingface_hub import HfApi

    commit = HfApi().dataset_info(repo, revision=revision, timeout=30).sha
    if commit is None:
        raise ValueError(f"the hub names no commit for {revision}")
    return str(commit)


class HubRows(Rows):
    """A data set on the hub at one commit.

    Args:
        hub: the declaration.
        splits: the task's splits, in order.
        commit: 40 hex digits.
    """

    cheap = False

    def __init__(self, hub: Hub, splits: Sequence[str], commit: str) -> None:
        self.hub, self.commit = hub, commit
        self.splits = tuple(name for name in splits if isinstance(hub.split, str) or name in hub.split)
        self.revision = f"hub:{hub.repo}@{commit}"
        self.location = f"hub data set {hub.repo} at {commit[:12]}"

    def read(self, split: str) -> Iterator[Row]:
        """Rows of one split, streamed shard by shard; the audio's bytes come undecoded.

        Raises:
            DataError: the hub or the data set cannot be read, or a row does not fit.
        """
        return distinct(functools.partial(self._read, split), self.location, split)

    def _read(self, split: str) -> Iterator[Row]:
        rows = self._rows(split)
        for index in range(1 << 62):
            try:
                raw = next(rows, None)
            except Exception as error:
                raise hub_errors.explained(
                    error,
                    self.hub.repo,
                    self.commit,
                    gated=self.hub.gated,
                    verified=self.hub.commit_verified,
                    split=self.hub.split_of(split),
                    config=self.hub.config_of(split),
                    rows=index,
                ) from None
            if raw is None:
                return
            yield self.hub.columns.row(raw, index, split, self.location, functools.partial(_no_file, self.location))

    def _rows(self, split: str) -> Iterator[Mapping[str, Any]]:
        from datasets import Value, load_dataset

        hub, config, wanted = self.hub, self.hub.config_of(split), self.hub.split_of(split)
        if Path(hub.repo).exists():
            raise DataError(
                Path(hub.repo).absolute(),
                f"'datasets' would read this folder instead of the hub's {hub.repo}; run evalkit from another folder",
            )
        more: dict[str, Any] = {}
        if hub.files is not None:
            more["data_files"] = {wanted: hub.files.format(config=config or "default", split=wanted)}
            config = None
        if "trust_remote_code" in inspect.signature(load_dataset).parameters:
            more["trust_remote_code"] = False  # older versions would ask on the terminal
        data = load_dataset(hub.repo, config, split=wanted, revision=self.commit, streaming=True, **more)
        if data.info.builder_name == "audiofolder":
            raise DataError(
                self.location, "its audio lies in single files; download the repository and give it with --data"
            )
        # Plain structs: the features for media ask for decoder packages even where nothing is decoded.
        plain = {"bytes": Value("binary"), "path": Value("string")}
        if data.features is None:
            for column in hub.columns.media().values():
                if not column.base64 and "{" not in column.name and "." not in column.name:
                    data = data.cast_column(column.name, plain)
        else:
            for name, feature in data.features.items():
                if (cast := _undecoded(feature, plain)) is not feature:
                    data = data.cast_column(name, cast)
        rows: Iterable[Mapping[str, Any]] = data
        yield from rows


def _undecoded(feature: Any, plain: Mapping[str, Any]) -> Any:
    """A feature with all media inside as structs of bytes and path; itself where there is none."""
    from datasets import Features

    if type(feature).__name__ in ("Audio", "Image", "Video"):
        return dict(plain)
    if isinstance(feature, Mapping):
        found = {name: _undecoded(inner, plain) for name, inner in feature.items()}
        same = all(found[name] is feature[name] for name in feature)
        return feature if same else Features(found) if isinstance(feature, Features) else found
    if isinstance(feature, list):
        inner = [_undecoded(one, plain) for one in feature]
        return feature if all(new is old for new, old in zip(inner, feature, strict=True)) else inner
    if (within := getattr(feature, "feature", None)) is not None and (cast := _undecoded(within, plain)) is not within:
        return type(feature)(cast)
    return feature


def _no_file(place: str, name: str, kind: str) -> Media:
    raise DataError(place, f"the {kind} '{name}' is not inside the data files; give a local copy with --data")
