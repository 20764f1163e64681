"""AIR-Bench's tasks and groups, and the fields of its rows, in the data's own spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.authoring import layouts, optional, parts

FOUNDATION = parts(
    """
    speaker_age           Speaker_Age_Prediction
    emotion               Speaker_Emotion_Recontion
    speaker_gender        Speaker_Gender_Recognition
    speaker_intent        Speaker_Intent_Classification
    speaker_number        Speaker_Number_Verification
    speech_entity         Speech_Entity_Reconition
    speech_grounding      Speech_Grounding
    spoken_language_id    Spoken_Language_Identification
    synthesized_voice     Synthesized_Voice_Detection
    acoustic_scene        Acoustic_Scene_Classification
    audio_grounding       Audio_Grounding
    sound_aqa             Sound_AQA
    vocal_sound           vocal_sound_classification
    music_aqa             Music_AQA
    music_genre           Music_Genre_Recognition
    music_instruments     Music_Instruments_Classfication
    music_midi_pitch      Music_Midi_Pitch_Analysis
    music_midi_velocity   Music_Midi_Velocity_Analysis
    music_mood            Music_Mood_Recognition
    """,
    ("split", "task"),
)
WHERE = {row["split"]: ("task_name", row["task"]) for row in FOUNDATION.rows}
GROUPS = {
    "speech_QA": "speech",
    "speech_dialogue_QA": "speech",
    "sound_QA": "sound",
    "sound_generation_QA": "sound",
    "music_QA": "music",
    "music_generation_analysis_QA": "music",
    "speech_and_sound_QA": "speech_and_sound",
    "speech_and_music_QA": "speech_and_music",
}
OPTIONS = ("choice_a", "choice_b", "choice_c", "choice_d")


class Meta(layouts.Json):
    """The two lists; a task of which a list has no row is not there, as in a copy of some tasks alone."""

    def present_in(self, place: Any, names: Sequence[str]) -> tuple[str, ...]:
        """Splits with a row."""
        found = super().present_in(place, names)
        there: dict[str, set[Any]] = {}
        for split in found:
            for path in self._paths(place, split):
                if str(path) not in there:
                    there[str(path)] = {row.raw.get("task_name") for row in self.records(place, path, split)}
        tasks = set().union(*there.values())
        return tuple(name for name in found if name not in WHERE or WHERE[name][1] in tasks)


def clip(raw: Mapping[str, Any]) -> str:
    """Where a recording lies; those of Audio_Grounding are FLAC files under another name."""
    path = str(raw["path"])
    if raw["task_name"] == "Audio_Grounding" and path.endswith(".wav"):
        path = f"{path.removesuffix('.wav')}.flac"
    return f"{raw['task_name']}_{raw['dataset_name']}/{path}"


def group(raw: Mapping[str, Any]) -> str | None:
    """One of Chat's five groups; None for Foundation."""
    if "meta_info" in raw and raw["task_name"] not in GROUPS:
        raise ValueError(f"{raw['task_name']!r} is none of {', '.join(GROUPS)}")
    return GROUPS.get(raw["task_name"])


FIELDS: dict[str, Any] = {
    "audio": clip,
    "question": "question",
    "answer": "answer_gt",
    "corpus": "dataset_name",
    "group": group,
    "meta_info": optional("meta_info"),
    **{name: optional(name) for name in OPTIONS},
}
