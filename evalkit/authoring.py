"""Everything the author of a task, a model or a scorer needs, in one place."""

from __future__ import annotations

from evalkit import normalize
from evalkit.core.columns import Cell, Mean, Rule
from evalkit.core.errors import DataError, EvalkitError, MissingExtraError, UsageError
from evalkit.core.message import Audio, Image, Message, Modality, Text, Video, VideoPolicy, assistant, system, user
from evalkit.core.metric import Metric, mean, ratio
from evalkit.core.model import Answer, BatchModel, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request, Sample, Turn
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer, on
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Suite, Task, task
from evalkit.data import layouts
from evalkit.data.asking import field, question, spoken
from evalkit.data.choosing import choices
from evalkit.data.conversing import conversation
from evalkit.data.corpora.columns import by_stem
from evalkit.data.dataset import Dataset
from evalkit.data.dialogue import dialogues, memory_dialogues, spoken_dialogues
from evalkit.data.embedded import Embedded
from evalkit.data.fields import (
    Field,
    audio,
    base64_image,
    constant,
    each,
    image,
    integer,
    json,
    literal,
    optional,
    text,
    video,
)
from evalkit.data.hub import Hub
from evalkit.data.jsonl import JsonLines
from evalkit.data.parts import Parts, parts
from evalkit.data.printed_lists import printed_list
from evalkit.data.procedural import Procedural
from evalkit.data.speaking import speak
from evalkit.data.splits import by_split
from evalkit.data.subtitles import subtitles
from evalkit.data.transcription import transcription
from evalkit.judging.judge import judged
from evalkit.metrics.accuracy_of import accuracy_of
from evalkit.metrics.as_written import as_written
from evalkit.metrics.choice.class_scores import class_scores
from evalkit.metrics.choice.scorer import choice
from evalkit.metrics.choice.token_traps import token_traps
from evalkit.metrics.combined import by, joined, rewritten
from evalkit.metrics.contained import contained
from evalkit.metrics.document.metric import document
from evalkit.metrics.error_rate.scorer import error_rate
from evalkit.metrics.exact_match import exact_match
from evalkit.metrics.instructions.metric import instructions
from evalkit.metrics.line_metric import Assessed, LineMetric, LineScorer
from evalkit.metrics.measured import noted, similarity
from evalkit.metrics.pedant.metric import pedant
from evalkit.metrics.refusal import refusal
from evalkit.metrics.repeat import repeat
from evalkit.metrics.spoken.scorer import spoken_rules
from evalkit.metrics.tags import tags
from evalkit.metrics.translation.metric import bleu, chrf
from evalkit.metrics.yes_no import yes_no

__all__ = [
    "Answer", "Answered", "Assessed", "Audio", "BatchModel", "Cell", "DataError", "Dataset", "Embedded", "EvalkitError",
    "Failure", "Field", "Generation", "Hub", "Image", "JsonLines", "LineMetric", "LineScorer", "Mean", "Message",
    "Metric", "MissingExtraError", "Modality", "Model", "Parts", "Procedural", "Request", "Response", "Row", "Rows",
    "Rule", "Sample", "Score", "Scorer", "Source", "Suite", "Task", "Text", "Turn", "UsageError", "Vector", "Video",
    "VideoPolicy", "accuracy_of", "as_written", "assistant", "audio", "base64_image", "bleu", "by", "by_split",
    "by_stem", "choice", "choices", "chrf", "class_scores", "constant", "contained", "conversation", "dialogues",
    "document", "each", "error_rate", "exact_match", "field", "image", "instructions", "integer", "joined", "json",
    "judged", "layouts", "literal", "mean", "memory_dialogues", "model", "normalize", "noted", "on", "optional",
    "parts", "pedant", "printed_list", "question", "ratio", "refusal", "repeat", "rewritten", "similarity", "speak",
    "spoken", "spoken_dialogues", "spoken_rules", "subtitles", "system", "tags", "task", "text", "token_traps",
    "transcription", "user", "video", "yes_no",
]  # fmt: skip
