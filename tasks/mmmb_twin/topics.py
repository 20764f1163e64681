"""All topics of statements."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin.topic import Topic
from evalkit.tasks.mmmb_twin.topics_own import OWN_TOPICS
from evalkit.tasks.mmmb_twin.topics_people import PEOPLE_TOPICS

TOPICS: tuple[Topic, ...] = (*OWN_TOPICS, *PEOPLE_TOPICS)
