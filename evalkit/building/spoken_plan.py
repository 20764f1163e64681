"""Stage 1 of MSIB: dimension, language, length, and hints that make the drafts differ; drawn with a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evalkit.building.even import Even

EXPLAINED: Mapping[str, str] = {
    "basic_conversation": "A natural talk over several turns: the reply fits what was said, is clear and to the point.",
    "emotional_expression": "The reply sounds as the moment asks for: the feeling is in the voice and in the words.",
    "rate_control": "The reply is spoken at the pace the user asks for, and says what was asked for.",
    "role_playing": "The assistant speaks as somebody else, in voice, words and knowledge, as agreed earlier.",
    "creative_capacity": "The reply makes something up aloud: a short story, a rhyme, a jingle, a speech, a riddle.",
    "instruction_following": "The reply keeps to exact conditions on form and content that the user has set.",
}
_TASKS: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] = {
    "basic_conversation": (
        ("ask for advice that takes in two things said earlier", {}),
        ("ask the assistant to sum up what has been settled", {}),
        ("change one detail of a plan, and ask what that means for the rest", {}),
        ("ask a follow-up question with a pronoun that points to an earlier turn", {}),
        ("ask to choose between two things that came up, with a reason", {}),
    ),
    "emotional_expression": (
        ("share good news that follows from the earlier turns, hoping for shared joy", {}),
        ("admit a loss, and need comfort", {}),
        ("ask to hear something said earlier again, in an excited voice", {}),
        ("be nervous before something that was mentioned, and want to be calmed", {}),
        ("ask for the words of an apology, spoken as if truly sorry", {}),
        ("ask for an angry or disappointed version of an earlier reply", {}),
    ),
    "rate_control": (
        ("ask to say an earlier piece of information again, much more slowly", {"rate": "slow"}),
        ("ask to go on a little more slowly than before", {"rate": "slower"}),
        ("be in a hurry, and ask for a summary spoken fast", {"rate": "fast"}),
        ("ask to go on a little faster, since this is known already", {"rate": "faster"}),
    ),
    "role_playing": (
        ("ask the character a question that its knowledge and manner must colour", {}),
        ("surprise the character with bad news, and wait for its reaction", {}),
        ("ask the character to explain something from our own time", {}),
        ("ask the character to say goodbye in its own way, taking up an earlier detail", {}),
    ),
    "creative_capacity": (
        ("ask for a very short story in which two things said earlier occur", {}),
        ("ask for four rhyming lines about what was talked about", {}),
        ("ask for a radio jingle for something invented in the earlier turns", {}),
        ("ask for a short speech at an occasion that was described", {}),
        ("ask for a riddle whose solution came up earlier", {}),
    ),
    "instruction_following": (
        ("ask for a reply of an exact number of sentences about the subject", {}),
        ("ask for a reply that begins and ends with given words", {}),
        ("ask for a reply that avoids a certain word that would lie near", {}),
        ("ask for a reply in a given order of three things said earlier", {}),
    ),
}
_PERSONAS = (
    "a night nurse on the way home", "a student before an exam", "a retired tram driver", "a new father",
    "a beekeeper", "a hobby astronomer", "a shy ten-year-old", "a landlady with many guests", "a train commuter",
    "a bookbinder", "an amateur marathon runner", "a grandmother who learns to cook for one", "a stage technician",
    "a farmer worried about rain", "a language learner", "a cyclist with a flat tyre", "a volunteer at a shelter",
    "somebody who has just moved to another town", "a chess player", "a gardener with a tiny balcony",
    "a ship's cook", "a primary school teacher", "an impatient office clerk", "a potter", "a wedding guest",
    "a caretaker of an old museum", "a teenager with a first job",
)  # fmt: skip
_TOPICS = (
    "a lost key", "a birthday that must stay secret", "a recipe that went wrong", "the way to a mountain hut",
    "a neighbour's noisy parrot", "a delayed train", "a broken washing machine", "a first concert", "a move of house",
    "a vegetable patch", "a long-distance phone call", "a school play", "an old photograph", "a weekend at the sea",
    "a job interview", "learning to swim", "a stray cat", "a repaired violin", "saving for a journey", "a power cut",
    "a language exchange", "the first snow", "a flea market find", "a family quarrel", "a morning routine",
    "an allergy", "a city festival", "a bicycle tour", "a night under the stars", "a library card", "a lost parcel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpokenPlan:
    """What one dialogue is to be.

    Args:
        id: of the dialogue.
        language: code.
        dimension: what it tests.
        turns: what the user says, the last time included.
        persona, topic: hints for the draft.
        task: what the user's last words do.
        expect: what a rule can decide about the reply by that.
    """

    id: str
    language: str
    dimension: str
    turns: int
    persona: str
    topic: str
    task: str
    expect: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def draw_spoken_plans(
    count: int, dimensions: Sequence[str], languages: Sequence[str], turns: tuple[int, int], seed: int
) -> list[SpokenPlan]:
    """Plans of all dialogues; the same arguments give the same plans.

    Args:
        count: dialogues.
        dimensions: what is tested, shared evenly.
        languages: codes, shared evenly.
        turns: fewest and most turns.
        seed: of the draws.
    """
    even = Even(random.Random(f"msib/{seed}"))
    made = []
    for number in range(1, count + 1):
        pairs = [(dimension, language) for dimension in dimensions for language in languages]
        dimension, language = even.one(pairs, "dimension")
        place = even.one(range(len(_TASKS[dimension])), dimension)
        task, expect = _TASKS[dimension][place]
        made.append(
            SpokenPlan(
                f"d{number:04d}",
                language,
                dimension,
                even.one(range(turns[0], turns[1] + 1), ("turns", dimension)),
                even.one(_PERSONAS, "persona"),
                even.one(_TOPICS, "topic"),
                task,
                dict(expect),
            )
        )
    return made
