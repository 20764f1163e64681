"""All layouts of local copies, and what describes their columns, under one name for task authors."""

from __future__ import annotations

from evalkit.data.columns import Columns, by_stem
from evalkit.data.kaldi import Kaldi
from evalkit.data.layout import Layout, row
from evalkit.data.manifest import Manifest
from evalkit.data.parquet import Parquet
from evalkit.data.singing import Mir1k, Opencpop
from evalkit.data.tables import PackedTable, Table
from evalkit.data.trees import Aishell, AishellArchive, LibriSpeech, LibriSpeechArchive
from evalkit.data.webdataset import WebDataset
from evalkit.data.wenetspeech import WenetSpeech

__all__ = [
    "Aishell",
    "AishellArchive",
    "Columns",
    "Kaldi",
    "Layout",
    "LibriSpeech",
    "LibriSpeechArchive",
    "Manifest",
    "Mir1k",
    "Opencpop",
    "PackedTable",
    "Parquet",
    "Table",
    "WebDataset",
    "WenetSpeech",
    "by_stem",
    "row",
]
