"""Pages of tables in a real browser: nothing runs over, nothing is executed, and the print can be read."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from make_runs import make_run

from evalkit.report.leaderboard import leaderboard
from evalkit.report.leaderboard_tables import leaderboard_tables
from evalkit.report.paper_tables import TableOptions, listed, paper_table
from evalkit.report.ranking import ranked
from evalkit.report.render_html import render_page
from evalkit.report.run_rows import RunRowOptions

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "模型_a & b|<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"
# It talks to nobody: the page is a file.
ALONE = (
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
SCHEMES = {"light": "1", "dark": "0"}

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs a browser (Debian: chromium)")

# Added to a copy of the page: what the browser made of it, written where --dump-dom prints it.
PROBE = """
<script>
const box = (e) => e.getBoundingClientRect();
const light = (rgb) => {
  const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (e) => {
  for (let at = e; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour;
  }
  return "DEFAULT";
};
const contrast = (e) => {
  const back = ground(e) === "DEFAULT" ? "rgb(255, 255, 255)" : ground(e);
  const [a, b] = [light(getComputedStyle(e).color), light(back)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const cells = [...document.querySelectorAll("th, td")];
const overlapping = [...document.querySelectorAll("table")].filter((table) => {
  const boxes = [...table.querySelectorAll("th, td")].map(box);
  return boxes.some((a, i) => boxes.slice(i + 1).some((b) =>
    a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2));
});
const found = {
  title: document.title,
  tables: document.querySelectorAll("table").length,
  sideways: document.documentElement.scrollWidth - innerWidth,
  cut: cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
  overlapping: overlapping.map((table) => table.caption.textContent),
  unequal: [...document.querySelectorAll("table")].filter((table) => {
    const right = box(table).right;
    return [...table.rows].some((row) => Math.abs(box(row.lastElementChild).right - right) > 2);
  }).map((table) => table.caption.textContent),
  faintest: Math.min(...[...document.querySelectorAll("th, td, p, li, small, sup, caption")]
    .filter((e) => e.textContent.trim()).map(contrast)),
  ground: getComputedStyle(document.body).backgroundColor,
};
document.body.innerHTML = "<pre id=found></pre>";
document.getElementById("found").textContent = JSON.stringify(found);
</script>
"""


def seen(page: str, folder: Path, scheme: str) -> dict[str, Any]:
    """What the browser shows of a page in a window 900 pixels wide."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", *ALONE, f"--user-data-dir={folder / 'profile'}",
        "--window-size=900,900", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr[-2000:] + done.stdout[-2000:]
    result: dict[str, Any] = json.loads(html.unescape(found[1]))
    return result


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_published_tables_lie_well_on_the_page(tmp_path: Path, scheme: str) -> None:
    values = {"mmmb.text_memory": 1.0, "librispeech.test_clean.wer": 2.0, "voicebench.ifeval": 50.0}
    run = make_run(tmp_path / "r", HOSTILE, values)
    options = TableOptions(runs=[run], own=RunRowOptions(intervals=True), notes="all")
    tables = [paper_table(item.paper, item.table, options) for item in listed()]
    found = seen(render_page(tables, "Published tables"), tmp_path, scheme)
    assert (found["title"], found["tables"]) == ("Published tables", 51)
    assert found["sideways"] <= 0, "wide tables scroll in a box of their own"
    assert (found["cut"], found["overlapping"], found["unequal"]) == ([], [], [])
    assert found["faintest"] >= 4.5, "contrast of WCAG 2, level AA"
    assert (found["ground"] == "rgb(22, 24, 29)") == (scheme == "dark")


def test_a_leaderboard_lies_well_on_the_page(tmp_path: Path) -> None:
    for i in range(3):
        values = {"librispeech.test_clean.wer": 2.0 + i, "mmmb_twin.average": 10.0 * i}
        make_run(tmp_path / "out", f"{HOSTILE}{i}", values, task="mmmb_twin", protocol="a_protocol" * i or "p")
    rows = ranked(leaderboard(tmp_path / "out").rows)
    found = seen(render_page(leaderboard_tables(rows), "Leaderboard"), tmp_path, "light")
    assert (found["title"], found["tables"]) == ("Leaderboard", 2)
    assert found["sideways"] <= 0
    assert (found["cut"], found["overlapping"], found["unequal"]) == ([], [], [])
