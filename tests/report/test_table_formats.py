"""Tables in LaTeX, Markdown and HTML: names of any kind stay text, and LaTeX compiles."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_runs import make_run

from evalkit.report import latex_text
from evalkit.report.paper_tables import TableOptions, listed, paper_table
from evalkit.report.render_html import render_html, render_page
from evalkit.report.render_latex import _broken, render_latex
from evalkit.report.render_markdown import escape, render_markdown
from evalkit.report.run_rows import RunRowOptions
from evalkit.report.table_model import Cell, Head, Label, Line, Part, Table, note_letters

SPECIAL = "50% & $x_1$ #2 {a} ~b^c \\d <e> |f| \"g\" 'h' `i` a--b caf\u00e9 \u0141\u00f3d\u017a \u2014 \u2264 \u2193"
CJK = "通义千问 2.5-全模态"
EMOJI = "rocket \U0001f680\u200d\u2764\ufe0f"
NAMES = [SPECIAL, CJK, EMOJI, "模型_a & b|<script>alert(1)</script>\n# two lines", ",, '' ?` !` <<>>"]


def table(*names: str) -> Table:
    lines = tuple(Line((Label(name, (1,)),), (Cell((Part("1.5", "best", (1,), "[-1, 2]"),)),)) for name in names)
    return Table("Caption " + names[0], "tab:x_y", ("Model",), ((Head(names[0]),),), lines, (names[0],), (names[0],))


# LaTeX.


def compiled(texts: dict[str, str], folder: Path, engine: str) -> dict[str, str]:
    """Compile each document; name -> log. One process for each, as the engines keep no state."""
    logs = {}
    for name, text in texts.items():
        (folder / f"{name}.tex").write_text(text, encoding="utf-8")
        command = [engine, "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
        logs[name] = done.stdout.decode(errors="replace")
        assert done.returncode == 0, logs[name][-1500:]
        assert (folder / f"{name}.pdf").exists()
    return logs


def has_tex(*files: str) -> bool:
    """Whether TeX and the packages a table needs are installed."""
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    found = subprocess.run(["kpsewhich", *files], capture_output=True, check=False).stdout.split()
    return len(found) == len(files)


needs_tex = pytest.mark.skipif(
    not has_tex("booktabs.sty", "multirow.sty", "graphicx.sty", "geometry.sty"),
    reason="needs pdflatex with multirow (Debian: texlive-latex-base, -recommended, -extra)",
)
needs_cjk = pytest.mark.skipif(
    shutil.which("xelatex") is None or not has_tex("xeCJK.sty"),
    reason="needs xelatex with xeCJK (Debian: texlive-xetex, texlive-lang-chinese)",
)


@needs_tex
def test_all_published_tables_compile(tmp_path: Path) -> None:
    run = make_run(tmp_path / "r", SPECIAL, {"mmmb.text_memory": 1.0, "librispeech.test_clean.wer": 2.0})
    options = TableOptions(runs=[run], own=RunRowOptions(intervals=True), notes="all")
    bodies = [render_latex(paper_table(item.paper, item.table, options)) for item in listed()]
    preamble = render_latex(table("x"), standalone=True).partition("\\begin{document}")[0]
    document = preamble + "\\begin{document}\n" + "\n\\clearpage\n".join(bodies) + "\n\\end{document}\n"
    log = compiled({"all": document}, tmp_path, "pdflatex")["all"]
    assert "Output written on all.pdf (5" in log.replace("\n", ""), "51 to 59 pages"
    wide = [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert all(size < 15 for size in wide), f"a table runs into the margin: {wide}"


@needs_tex
@pytest.mark.parametrize("paper_and_number", [("interactive-omni", "13"), ("covo-audio", "5a")])
def test_a_standalone_document_compiles(paper_and_number: tuple[str, str], tmp_path: Path) -> None:
    text = render_latex(paper_table(*paper_and_number), standalone=True)
    assert "xeCJK" not in text
    compiled({"one": text}, tmp_path, "pdflatex")


@needs_tex
def test_special_characters_print_as_they_are(tmp_path: Path) -> None:
    text = render_latex(table(SPECIAL, ",, '' ?` !` <<>>"), standalone=True)
    compiled({"special": text}, tmp_path, "pdflatex")
    # Without Latin Modern an underscore is a drawn rule and an accent stands apart: the page is right, its text is not.
    if shutil.which("pdftotext") and has_tex("lmodern.sty"):
        shown = subprocess.run(
            ["pdftotext", "-layout", "special.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
        )
        plain = shown.stdout.decode()
        for word in ("50%", "&", "$x_1$", "#2", "{a}", "\\d", "<e>", "|f|", "caf\u00e9", "Ł\u00f3d\u017a", "\u2264"):
            assert word in plain, plain


@needs_cjk
def test_chinese_names_and_emoji_compile_with_xelatex(tmp_path: Path) -> None:
    text = render_latex(table(*NAMES), standalone=True)
    assert text.startswith("% Compile with XeLaTeX")
    log = compiled({"cjk": text}, tmp_path, "xelatex")["cjk"]
    assert "Fatal" not in log


def test_a_fragment_says_what_it_needs() -> None:
    assert render_latex(table("plain")).startswith("% Needs \\usepackage{booktabs,multirow,graphicx}\n\\begin{table}")
    lines = render_latex(table(CJK)).splitlines()
    assert lines[1].startswith("% Holds 通义千问全模态: compile with XeLaTeX")
    assert latex_text.beyond_pdflatex(SPECIAL) == ""


def test_latex_of_a_published_table_is_plain_pdflatex() -> None:
    for item in listed():
        text = render_latex(paper_table(item.paper, item.table, TableOptions(notes="all")), standalone=True)
        assert "XeLaTeX" not in text, (item.paper, item.table)


@given(st.text(max_size=40))
def test_nothing_special_survives_escaping(text: str) -> None:
    escaped = latex_text.escape(text)
    allowed = r"\\(?:[{}$&#%_]|[a-zA-Z]+(?:\{\})?)|\$\\?[a-z\-A-Z]+\$|\{\}|~|[^\\{}$&#%_^~]"
    assert re.fullmatch(f"(?:{allowed})*", escaped, re.S), escaped
    braces = re.sub(r"\\[{}]", "", escaped)
    assert braces.count("{") == braces.count("}")
    assert "\n" not in escaped


def test_headings_break_between_words_and_nowhere_else() -> None:
    heads = {
        "Paralinguistics \u2193": "Paralinguistics \u2193",
        "HallusionBench": "HallusionBench",
        "Video-MME (wo sub)": "Video-MME\n(wo sub)",
        "Qwen3-Omni-30B-A3B-Instruct": "Qwen3-Omni-\n30B-A3B-\nInstruct",
        "a (b": "a (b",
    }
    assert {head: _broken(head) for head in heads} == heads
    for item in listed():
        for head in paper_table(item.paper, item.table).heads[-1]:
            assert re.sub(r"\s", "", _broken(head.text)) == re.sub(r"\s", "", head.text)


def test_minus_signs_and_plus_signs() -> None:
    assert [latex_text.number(text) for text in ("-0.05", "+1.2", "3.4", "a-b")] == ["$-$0.05", "+1.2", "3.4", "a-b"]
    assert "[$-$1, 2]" in render_latex(table("x"))


# Markdown.


def cells(line: str) -> int:
    """Cells of a line as GitHub cuts them: at pipes without a backslash."""
    return len(re.findall(r"(?<!\\)\|", line)) - 1


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_in_its_cell(name: str) -> None:
    lines = [line for line in render_markdown(table(name)).splitlines() if line.startswith("|")]
    assert len(lines) == 3
    assert [cells(line) for line in lines] == [2, 2, 2]
    assert "<script" not in "".join(lines)


@given(st.text(max_size=30))
def test_markdown_escapes_leave_no_markup(text: str) -> None:
    escaped = escape(text)
    plain = re.sub(r"\\[|*_~\[\]]|&(?:amp|lt|gt|#\d+);|<br>", "", escaped)
    assert not re.search(r"[\\|<>`$*_~\[\]\n\r]", plain)


def test_emphasis_and_notes_in_markdown() -> None:
    text = render_markdown(paper_table("interactive-omni", "6"))
    assert "| **75.76** | <ins>40.19</ins> |" in text, "GitHub keeps <ins>, not <u>"
    assert text.splitlines()[3] == "| :-- | :-- | :-: | :-: | :-: | :-: |"
    joined = render_markdown(paper_table("interactive-omni", "13"))
    assert "3.69 \\| 3.40 \\| 3.01" in joined
    heads = render_markdown(paper_table("covo-audio", "7")).splitlines()[2]
    assert heads.startswith("| Model | Anger<br>en | Anger<br>zh |")


# HTML.


class Page(HTMLParser):
    """Checks nesting; collects tags with attributes, and text by tag."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.mark.parametrize("item", listed(), ids=lambda item: f"{item.paper}-{item.table}")
def test_every_page_is_sound_self_contained_and_accessible(item: object) -> None:
    source = paper_table(item.paper, item.table)  # type: ignore[attr-defined]
    page = Page(render_html(source))
    assert len(page.of("table")) == len(page.of("caption")) == len(page.of("title")) == 1
    assert all(attrs.get("scope") in ("col", "colgroup", "row", "rowgroup") for attrs in page.of("th"))
    assert not page.of("script")
    assert not page.of("link")
    assert not page.of("img")
    assert page.of("html") == [{"lang": "en"}]
    targets = {attrs.get("id") for attrs in page.of("li")}
    links = {str(attrs["href"]).removeprefix("#") for attrs in page.of("a")}
    assert links == targets
    assert len(targets) == len(source.footnotes)
    width = len(source.stubs) + source.width
    first = 0
    for tag, attrs in page.tags[[tag for tag, _ in page.tags].index("tr") + 1 :]:
        if tag == "tr":
            break
        first += int(attrs.get("colspan") or 1) if tag in ("th", "td") else 0
    assert first == width


def test_the_page_suits_white_and_dark() -> None:
    text = render_html(table("x"))
    assert "prefers-color-scheme: dark" in text
    assert "color-scheme: light dark" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_text_in_html(name: str) -> None:
    page = Page(render_html(table(name)))
    assert not page.of("script")
    assert "".join(name.split("\n")) in "".join(page.texts)


def test_several_tables_on_one_page_keep_their_notes_apart() -> None:
    page = Page(render_page([table("a"), table("b")], "two"))
    assert {attrs["id"] for attrs in page.of("li")} == {"t1-1", "t2-1"}


def test_footnote_signs() -> None:
    assert [note_letters(n) for n in (1, 26, 27, 52, 53, 702, 703)] == ["a", "z", "aa", "az", "ba", "zz", "aaa"]


@pytest.mark.parametrize("first", ["[A]", "*", "* starred", "[", "\n[second line]", "one\n*two"])
def test_no_line_of_a_latex_table_begins_with_what_a_command_takes_as_its_option(first: str, tmp_path: Path) -> None:
    text = render_latex(table(first), standalone=True)
    before = re.findall(r"(?:\\\\|\\toprule|\\midrule|\\bottomrule|\\cmidrule\S*)\s*([\[*])", text)
    assert before == []
    if has_tex("booktabs.sty", "multirow.sty", "graphicx.sty", "geometry.sty"):
        compiled({"first": text}, tmp_path, "pdflatex")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ('printed as "x"', "printed as ``x''"), ('"a" and ("b")', "``a'' and (``b'')"), ('5" wide', "5'' wide"),
        ('"two words"', "``two words''"), ("\u201ca\u201d", "``a''"), ('say "[A]", then', "say ``[A]'', then"),
    ],
)  # fmt: skip
def test_straight_quotation_marks_open_and_close(text: str, latex: str) -> None:
    assert latex_text.escape(text) == latex
