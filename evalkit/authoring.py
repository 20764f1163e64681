"""Everything the author of a task, a model or a scorer needs, in one place."""

from __future__ import annotations

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.message import Audio, Image, Message, Text, Video, assistant, system, user
from evalkit.core.metric import Metric, mean, ratio
from evalkit.core.model import Answer, BatchModel, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request, Sample
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Average, Cell, Suite, Task, task
from evalkit.data import layouts
from evalkit.data.dataset import Dataset
from evalkit.data.embedded import Embedded
from evalkit.data.hub import Hub
from evalkit.data.jsonl import JsonLines
from evalkit.data.transcription import transcription
from evalkit.metrics.document.metric import document
from evalkit.metrics.error_rate.scorer import error_rate
from evalkit.metrics.exact_match import exact_match
from evalkit.metrics.instructions.metric import instructions
from evalkit.metrics.refusal import refusal
from evalkit.metrics.tags import tags
from evalkit.metrics.translation.metric import bleu, chrf
from evalkit.metrics.yes_no import yes_no

__all__ = [
    "Answer", "Answered", "Audio", "Average", "BatchModel", "Cell", "DataError", "Dataset", "Embedded",
    "EvalkitError", "Failure", "Generation", "Hub", "Image", "JsonLines", "Message", "Metric", "Model", "Request",
    "Response", "Row", "Rows", "Sample", "Score", "Scorer", "Source", "Suite", "Task", "Text", "UsageError", "Video",
    "assistant", "bleu", "chrf", "document", "error_rate", "exact_match", "instructions", "layouts", "mean", "model",
    "ratio", "refusal", "system", "tags", "task", "transcription", "user", "yes_no",
]  # fmt: skip
