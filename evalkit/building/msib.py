"""`evalkit build msib`: dialogues drafted by dimension, reviewed, the user's turns spoken, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.building.mmmb import check_turns
from evalkit.building.options import Settings, join
from evalkit.building.pipeline import Builder
from evalkit.building.review import Line
from evalkit.building.spoken_drafts import (
    FEWEST,
    MOST,
    read_spoken_draft,
    said_by_user,
    spoken_item,
    spoken_problems,
    spoken_row,
)
from evalkit.building.spoken_plan import SpokenPlan, draw_spoken_plans
from evalkit.building.text_replies import json_stage
from evalkit.core.errors import UnknownNameError
from evalkit.data.dialogue.spoken_dialogues import DIMENSIONS

DRAFT = "draft"
_DEFAULTS = {
    "dialogues": None, "languages": ["en"], "turns": [2, 10], "seed": 0, "attempts": 3, "dimensions": list(DIMENSIONS),
}  # fmt: skip


class SpokenBuilder(Builder):
    """Builds MSIB data; see docs/building.md."""

    name = "msib"
    stages = (DRAFT,)

    def settle(self) -> Settings:
        """Settings; dimensions must be of the six."""
        roles = {"llm": True, "tts": True}
        settings = join(self.folder, self.name, self.options, _DEFAULTS, roles, ("spoken", "again"))
        check_turns(settings.values["turns"], FEWEST, MOST)
        for dimension in settings.values["dimensions"]:
            if dimension not in DIMENSIONS:
                raise UnknownNameError("dimension", dimension, DIMENSIONS)
        return settings

    def drafts(self) -> list[Line]:
        """Plan, draft."""
        values = self.settings.values
        turns = (values["turns"][0], values["turns"][1])
        records = self.frozen_plan(
            lambda: [
                plan.record()
                for plan in draw_spoken_plans(
                    values["dialogues"], values["dimensions"], values["languages"], turns, values["seed"]
                )
            ]
        )
        plans = {record["id"]: SpokenPlan(**record) for record in records}
        draft = json_stage(
            DRAFT,
            self.folder.journal(DRAFT),
            lambda item, reply: read_spoken_draft(plans[item.id], reply),
            values["attempts"],
            0.8,
        )
        written = self.ask(draft, [spoken_item(plan) for plan in plans.values()], "llm")
        self.counts.update(planned=len(plans), drafted=len(written.results), draft_unusable=len(written.unusable),
                           draft_failed=len(written.failed))  # fmt: skip
        self.lost.update({**written.unusable, **written.failed})
        return list(written.results.values())

    def problems(self, line: Mapping[str, Any]) -> list[str]:
        """What is wrong with a reviewed line."""
        return spoken_problems(line)

    def rows(self, lines: Sequence[Line]) -> tuple[list[dict[str, Any]], dict[str, Path]]:
        """Dialogues with the user's turns spoken."""
        said = self.spoken({line["id"]: [(text, line["language"]) for text in said_by_user(line)] for line in lines})
        rows = [spoken_row(line, [part for part, _ in said[line["id"]]]) for line in lines if line["id"] in said]
        return rows, {part["path"]: path for parts in said.values() for part, path in parts}
