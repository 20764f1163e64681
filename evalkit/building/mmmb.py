"""`evalkit build mmmb`: images described, dialogues planned and drafted, reviewed, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.building.describing import description_item, read_description
from evalkit.building.draft_checks import language_name
from evalkit.building.images import Picture, read_pictures
from evalkit.building.memory_drafts import draft_item, read_draft
from evalkit.building.memory_lines import FEWEST, IMAGES, MOST, memory_problems, memory_row
from evalkit.building.memory_plan import draw_plans, read_plan
from evalkit.building.options import Settings, join
from evalkit.building.pipeline import Builder
from evalkit.building.review import Line
from evalkit.building.text_replies import json_stage
from evalkit.core.errors import UsageError
from evalkit.run.identity import digest

DESCRIBE, DRAFT = "describe", "draft"
_DEFAULTS = {"dialogues": None, "languages": ["en"], "turns": [5, 15], "seed": 0, "attempts": 3}


class MemoryBuilder(Builder):
    """Builds MMMB data; see docs/building.md."""

    name = "mmmb"
    stages = (DESCRIBE, DRAFT)
    pictures: dict[str, Picture]

    def settle(self) -> Settings:
        """Settings, and the images with their licences."""
        roles = {"vlm": True, "llm": True, "tts": False}
        settings = join(self.folder, self.name, self.options, _DEFAULTS, roles, ("describe", "memory", "again"))
        check_turns(settings.values["turns"], FEWEST, MOST)
        if settings.values["turns"][1] < 3:
            raise UsageError("--turns: mixed memory needs 3 turns, so the most must be 3 or more")
        assert settings.images is not None
        self.pictures = read_pictures(settings.images)
        # licences are read anew for every result: a better worded one makes no draft void
        settings.values["images"] = digest({name: picture.digest for name, picture in self.pictures.items()})
        return settings

    def drafts(self) -> list[Line]:
        """Describe, plan, draft."""
        values = self.settings.values
        attempts = values["attempts"]
        describe = json_stage(DESCRIBE, self.folder.journal(DESCRIBE), read_description, attempts, 0.0)
        # one language for facts: a dialogue in another one is translated as it is written
        language = language_name(values["languages"][0])
        items = [description_item(picture, language) for picture in self.pictures.values()]
        seen = self.ask(describe, items, None if self.folder.plan.is_file() else "vlm")
        self.counts.update(images=len(self.pictures), images_described=len(seen.results))
        self.lost.update({f"image {name}": why for name, why in {**seen.unusable, **seen.failed}.items()})
        described = dict(sorted(seen.results.items()))
        turns = (values["turns"][0], values["turns"][1])
        plans = [
            read_plan(record)
            for record in self.frozen_plan(
                lambda: [
                    plan.record()
                    for plan in draw_plans(described, values["dialogues"], values["languages"], turns, values["seed"])
                ]
            )
        ]
        by_id = {plan.id: plan for plan in plans}
        draft = json_stage(
            DRAFT, self.folder.journal(DRAFT), lambda item, reply: read_draft(by_id[item.id], reply), attempts, 0.8
        )
        written = self.ask(draft, [draft_item(plan, described) for plan in plans], "llm")
        self.counts.update(planned=len(plans), drafted=len(written.results), draft_unusable=len(written.unusable),
                           draft_failed=len(written.failed))  # fmt: skip
        self.lost.update({**written.unusable, **written.failed})
        return list(written.results.values())

    def problems(self, line: Mapping[str, Any]) -> list[str]:
        """What is wrong with a reviewed line."""
        return memory_problems(line, self.pictures)

    def rows(self, lines: Sequence[Line]) -> tuple[list[dict[str, Any]], dict[str, Path]]:
        """Dialogues with their images; the last question spoken where a synthesizer is named."""
        files, media = {}, {}
        for line in lines:
            for turn in line["turns"]:
                if turn.get("image") is not None:
                    picture = self.pictures[turn["image"]]
                    files[picture.name] = f"{IMAGES}/{picture.digest}{picture.path.suffix.lower()}"
                    media[files[picture.name]] = picture.path
        questions: dict[str, Any] = {line["id"]: line["question"] for line in lines}
        if self.settings.values["tts"]:
            said = self.spoken({line["id"]: [(line["question"], line["language"])] for line in lines})
            questions = {key: [part for part, _ in parts] for key, parts in said.items()}
            media.update({part["path"]: path for parts in said.values() for part, path in parts})
        rows = [
            memory_row(line, self.pictures, files, questions[line["id"]]) for line in lines if line["id"] in questions
        ]
        named = {part["path"] for row in rows for message in row["messages"] if isinstance(message["content"], list)
                 for part in message["content"] if "path" in part}  # fmt: skip
        return rows, {name: path for name, path in media.items() if name in named}


def check_turns(turns: Sequence[int], fewest: int, most: int) -> None:
    """Refuse numbers of turns the benchmark does not have.

    Raises:
        UsageError: naming the bounds.
    """
    low, high = turns
    if not fewest <= low <= high <= most:
        raise UsageError(f"--turns {low}-{high}: expected FEWEST-MOST between {fewest} and {most}")
