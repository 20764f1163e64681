"""`run.json`: the circumstances of a run, for whoever wants to repeat it."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from evalkit.records.samples import Strict

RUN_SCHEMA: Final = "evalkit.run/1"


class Stretch(Strict):
    """One command's work on the run."""

    started: str = Field(description="UTC, ISO 8601")
    seconds: float = Field(description="wall time")
    stages: list[str]
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="what changes no answer: batch size, device, workers; measured sizes",
    )
    asked: int = Field(description="requests answered by the model in this stretch")
    failed: int
    transcribed: int = 0
    scored: int = 0
    interrupted: str | None = Field(None, description="what ended it early")


class Run(Strict):
    """The whole of `run.json`."""

    schema_: Literal["evalkit.run/1"] = Field(RUN_SCHEMA, alias="schema")
    id: str
    identity: dict[str, Any] = Field(description="everything the id is a hash of")
    model: str
    task: str
    created: str
    command: list[str]
    data_location: str
    data_identity: dict[str, Any] = Field(
        default_factory=dict,
        description="how the data's revision was established when the run was made or last verified: by content, "
        "files, bytes, how many of the files were read (hashed) or known (cached)",
    )
    versions: dict[str, str] = Field(description="evalkit, Python, packages, the model's own")
    git_commit: str | None = Field(
        None,
        description="commit of evalkit's own checkout, '+dirty' when changed; null if installed otherwise",
    )
    platform: str
    devices: list[str] = Field(default_factory=list)
    scorings: dict[str, dict[str, Any]] = Field(default_factory=dict, description="scores file -> identity")
    transcribers: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="transcripts file -> language -> model, arguments, versions that heard it"
    )
    sizes: dict[str, int] = Field(default_factory=dict, description="samples per split, once all were read")
    stretches: list[Stretch] = Field(default_factory=list)

    model_config = Strict.model_config | {"populate_by_name": True}
