"""How pictures look: colours that colour-blind readers tell apart, shapes and lines that survive black and white."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.whole_files import whole_file
from evalkit.report.xml_text import legal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS: Final = ("png", "svg", "pdf")
# Okabe and Ito, "Color Universal Design" (2008), without the yellow, which is too faint for lines on white
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
LINES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
PAPER_GREY: Final = "#555555"
_FONTS: Final = ("DejaVu Sans", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei")


def look(place: int) -> dict[str, Any]:
    """Colour, marker and line of the n-th series, from 0; no two of the first 49 share colour and marker."""
    return {
        "color": COLOURS[place % len(COLOURS)],
        "marker": MARKERS[(place + place // len(COLOURS)) % len(MARKERS)],
        "linestyle": LINES[(place + place // len(LINES)) % len(LINES)],
    }


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that knows no screen.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", "drawing") from None
    there = set(font_manager.get_font_names())
    matplotlib.rcParams.update(
        {
            "font.family": list(filter(there.__contains__, _FONTS)) or "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "svg.fonttype": "none",
            "svg.hashsalt": "evalkit",
            "pdf.fonttype": 42,
            "text.parse_math": False,  # a dollar sign in a model's name is a dollar sign
        }
    )
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def footer(figure: Figure, lines: Sequence[str]) -> None:
    """What a reader has to know, in small print below the picture."""
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=7, x=0.01, ha="left", color=PAPER_GREY)


def legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], most: int, fontsize: float = 9) -> None:
    """The names of the series above the picture, in as many columns as fit; the picture grows by their lines."""
    names = [wrapped(label, 60) for label in labels]
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # that of the Agg canvas
    for columns in range(min(most, len(names)), 0, -1):
        shown = figure.legend(
            handles, names, loc="outside upper center", ncols=columns, frameon=False, fontsize=fontsize
        )
        box = shown.get_window_extent(renderer)
        if columns == 1 or box.width <= figure.bbox.width:
            figure.set_figheight(figure.get_figheight() + box.height / figure.dpi)
            return
        shown.remove()


def crowded(ax: Axes) -> bool:
    """Whether tick labels of the x axis lie over one another, as the figure is now."""
    shown = [label for label in ax.get_xticklabels() if label.get_text() and label.get_visible()]
    boxes = sorted((label.get_window_extent() for label in shown), key=lambda box: float(box.x0))
    return any(
        one.x1 > other.x0 and one.y1 > other.y0 and other.y1 > one.y0
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
    )


def part_labels(figure: Figure, axes: Sequence[Axes]) -> None:
    """Turn tick labels of x axes that lie over one another upright, and enlarge the figure until none do."""
    figure.draw_without_rendering()
    tall = 0.0
    for ax in axes:
        if crowded(ax):
            labels = ax.get_xticklabels()
            texts = [" ".join(label.get_text().split()) for label in labels]
            ax.set_xticks(ax.get_xticks(), texts, rotation=90, fontsize=labels[0].get_fontsize())
            tall = max([tall, *(label.get_window_extent().height for label in ax.get_xticklabels())])
    grid = axes[0].get_subplotspec() if axes else None
    rows = grid.get_gridspec().nrows if grid is not None else 1
    figure.set_figheight(figure.get_figheight() + rows * tall / figure.dpi)
    widen(figure, axes)


def widen(figure: Figure, axes: Sequence[Axes], *, square: bool = False) -> None:
    """Make the figure wider, or larger where it is `square`, until tick labels of no x axis lie over one another."""
    for _ in range(12):
        figure.draw_without_rendering()
        if not any(crowded(ax) for ax in axes):
            return
        figure.set_figwidth(1.2 * figure.get_figwidth())
        if square:
            figure.set_figheight(1.2 * figure.get_figheight())


def save(figure: Figure, to: Path) -> None:
    """Write the figure as a whole; the same data give the same bytes with the same matplotlib.

    Raises:
        UsageError: an ending that is no format, or a place that cannot be written.
    """
    kind = picture_format(to)
    dated = {"svg": "Date", "pdf": "CreationDate"}
    metadata = {dated[kind]: None} if kind in dated else None
    with whole_file(to) as part:
        figure.savefig(part, format=kind, dpi=200, metadata=metadata)
        if kind == "svg":  # matplotlib copies texts into comments, whatever they hold
            part.write_text(legal(part.read_text(encoding="utf-8")), encoding="utf-8")


def picture_format(to: Path) -> str:
    """png, svg or pdf, by the ending of the file's name.

    Raises:
        UsageError: another ending.
    """
    kind = to.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise UsageError(f"--to {to}: expected a name that ends in .{', .'.join(FORMATS)} or .csv")
    return kind


def wrapped(text: str, limit: int = 24) -> str:
    """A long name on two lines, broken after a hyphen, a dot, an underscore or a space near its middle."""
    if len(text) <= limit:
        return text
    places = [i + 1 for i, char in enumerate(text[:-1]) if char in "-._ /"]
    if not places:
        return text
    middle = min(places, key=lambda place: abs(place - len(text) / 2))
    return f"{text[:middle]}\n{text[middle:]}"
