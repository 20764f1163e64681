"""All layouts of local copies, and what describes their columns, under one name for task authors."""

from __future__ import annotations

from evalkit.data.corpora.columns import Columns, by_stem
from evalkit.data.corpora.delimited import Csv, Lines, Tsv
from evalkit.data.corpora.folders import Folders, Zip
from evalkit.data.corpora.json_files import Json, JsonLines
from evalkit.data.corpora.kaldi import Kaldi
from evalkit.data.corpora.layout import Layout, row
from evalkit.data.corpora.parquet import Parquet
from evalkit.data.corpora.singing import Mir1k, Opencpop
from evalkit.data.corpora.tables import PackedTable, Table
from evalkit.data.corpora.trees import Aishell, AishellArchive, LibriSpeech, LibriSpeechArchive
from evalkit.data.corpora.webdataset import WebDataset
from evalkit.data.corpora.wenetspeech import WenetSpeech
from evalkit.data.manifest import Manifest

__all__ = [
    "Aishell",
    "AishellArchive",
    "Columns",
    "Csv",
    "Folders",
    "Json",
    "JsonLines",
    "Kaldi",
    "Layout",
    "LibriSpeech",
    "LibriSpeechArchive",
    "Lines",
    "Manifest",
    "Mir1k",
    "Opencpop",
    "PackedTable",
    "Parquet",
    "Table",
    "Tsv",
    "WebDataset",
    "WenetSpeech",
    "Zip",
    "by_stem",
    "row",
]
