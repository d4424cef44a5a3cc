"""A `Chart` as SVG, drawn by Matplotlib for a page whose theme is not known yet.

Matplotlib wants real colours, the page has variables. So everything is drawn in stand-in colours, one
for each token, and these become ``var(--sk-…)`` in the finished SVG: one drawing follows the host from
light to dark, needs no script, and stays as it is in a saved notebook. Letters stay text, in the page's
own font. What would reach beyond the drawing (a stylesheet for all elements, metadata with foreign
addresses, ids of groups) is taken out.

A chart is drawn twice, `WIDE` and `NARROW`, and the stylesheet shows the one that fits, since letters
of a drawing that is squeezed onto a phone cannot be read.

Labels are other people's words: they are never read as formulas, and Matplotlib escapes them. Drawing
changes Matplotlib's global settings for its own time, so it belongs on the main thread, where cells
draw too.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any

from sora_kit.errors import MissingDependency
from sora_kit.notebook.html import Markup, escape, trusted
from sora_kit.notebook.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sora_kit.notebook.numbers import Chart, Series

__all__ = ("NARROW", "WIDE", "draw")

WIDE = 720
NARROW = 360
"""Widths in CSS pixels."""

HEIGHT = 230
BAR = 36
"""Height of a bar with its name above."""

LETTERS = 12
TOKENS = tuple(name for name in LIGHT if LIGHT[name].startswith("#"))
INK = {name: f"#a5{number:02x}5a" for number, name in enumerate(TOKENS)}
"""Token → its stand-in."""

_VARIABLES = {ink: f"var(--sk-{name}, {LIGHT[name]})" for name, ink in INK.items()}
_INK = re.compile(r"((?:fill|stroke): )(#a5[0-9a-f]{2}5a)")
_INK_ATTRIBUTE = re.compile(r'fill="(#a5[0-9a-f]{2}5a)"')
_OUTSIDE = re.compile(r"<style.*?</style>|<metadata>.*?</metadata>|(?<=<g) id=\"[^\"]*\"", re.DOTALL)
_FONT = re.compile(r"font-family: [^\";]*")
_HATCH = ("", "////", "xxxx")
_LONGEST = {WIDE: 80, NARROW: 40}
"""Characters of a bar's name."""


def draw(chart: Chart, width: int) -> Markup:
    """The drawing as inline SVG.

    Args:
        chart: With at least one series.
        width: `WIDE` or `NARROW`.

    Raises:
        MissingDependency: Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency(
            "Charts need Matplotlib", why=str(error), fix="Install it: pip install matplotlib"
        ) from error
    height = BAR * len(chart.names) + 8 if chart.names else HEIGHT
    out = io.StringIO()
    with mpl.rc_context(_settings(mpl.rcParamsDefault)), warnings.catch_warnings():
        # The page's font draws the letters; Matplotlib only measures them, with its own.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=(width / 72, height / 72), facecolor="none")
        {"stack": _stack, "lines": _lines, "bars": _bars}[chart.form](figure, chart, width, height)
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _fit(out.getvalue(), chart, width)


def _settings(default: Any) -> Any:
    """Matplotlib's own settings with ours, whatever the notebook has set."""
    kept = {name: value for name, value in default.items() if not name.startswith(("backend", "toolbar"))}
    return kept | {
        "svg.fonttype": "none",
        "svg.hashsalt": "sora_kit",
        "text.parse_math": False,
        "font.size": LETTERS,
        "text.color": INK["text"],
        "axes.labelcolor": INK["muted"],
        "axes.edgecolor": INK["line-strong"],
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.spines.left": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": INK["line"],
        "xtick.color": INK["line-strong"],
        "xtick.labelcolor": INK["muted"],
        "ytick.labelcolor": INK["muted"],
        "ytick.major.size": 0,
        "hatch.linewidth": 1.2,
        "date.converter": "concise",
    }


# -- the three forms


def _stack(figure: Figure, chart: Chart, width: int, height: int) -> None:
    """Columns over time, one series on top of the other."""
    axes, at = _time_axes(figure, chart, width, height)
    thick = chart.step / 86_400 * (0.82 if len(at) > 1 else 0.4)
    base = [0.0] * len(at)
    for series in chart.series:
        axes.bar(at, series.numbers, thick, bottom=base, **_filled(series))
        base = [below + value for below, value in zip(base, series.numbers, strict=True)]
    axes.set_ylim(0, max(max(base) * 1.08, 1.0 if chart.unit != "$" else 0.01))


def _lines(figure: Figure, chart: Chart, width: int, height: int) -> None:
    """Lines over time; an interval without a value is passed over."""
    axes, at = _time_axes(figure, chart, width, height)
    top = 0.0
    for series in reversed(chart.series):  # the first one on top
        points = [(x, y) for x, y in zip(at, series.numbers, strict=True) if not math.isnan(y)]
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=INK[series.tone],
            linewidth=1.8,
            linestyle="--" if series.texture else "-",
            marker="D" if series.texture else "o",
            markersize=4,
            clip_on=False,
        )
        top = max(top, *(y for _, y in points))
    axes.set_ylim(0, top * 1.08 or 1.0)


def _bars(figure: Figure, chart: Chart, width: int, height: int) -> None:
    """Bars with their names above and their numbers behind."""
    axes = figure.add_axes((1 / width, 0, 1 - 60 / width, 1))
    axes.axis("off")
    values = [
        next(((one, v[place]) for one in chart.series if not math.isnan((v := one.numbers)[place])), None)
        for place in range(len(chart.names))
    ]
    longest = max(value for found in values if found for _, value in [found])
    for place, (name, found) in enumerate(zip(chart.names, values, strict=True)):
        if found is None:
            continue
        series, value = found
        y = place * BAR
        axes.barh(y + 24, value, 12, **_filled(series))
        axes.text(0, y + 13, _cut(name, _LONGEST[width]), color=INK["text"], va="baseline")
        axes.text(value + longest * 6 / width, y + 28, chart.text(value), color=INK["muted"], va="baseline")
    axes.set_xlim(0, longest)
    axes.set_ylim(height, 0)


def _time_axes(figure: Figure, chart: Chart, width: int, height: int) -> tuple[Axes, list[float]]:
    """Axes with time below and numbers on the left, and the middle of each interval."""
    from matplotlib import dates as typeless
    from matplotlib import ticker

    dates: Any = typeless
    left, foot = 44, 36
    axes = figure.add_axes((left / width, foot / height, 1 - (left + 12) / width, 1 - (foot + 12) / height))
    step = chart.step / 86_400
    begin = [float(day) for day in dates.date2num(chart.at)]
    spare = step * max(0.0, 6 - len(begin)) / 2  # a few columns alone would be very thick
    axes.set_xlim(begin[0] - spare, begin[-1] + step + spare)
    locator = dates.AutoDateLocator(minticks=2, maxticks=8 if width == WIDE else 6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        dates.ConciseDateFormatter(
            locator,
            formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
            zero_formats=["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
            offset_formats=["", "%Y", "%Y", "%d %b %Y", "%d %b %Y", "%d %b %Y"],
        )
    )
    axes.xaxis.get_offset_text().set_color(INK["muted"])
    whole = chart.form == "stack" and not chart.unit
    axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=whole))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: chart.text(value)))
    return axes, [day + step / 2 for day in begin]


def _filled(series: Series) -> dict[str, Any]:
    """How a bar is filled."""
    hatch = _HATCH[series.texture]
    return {"color": INK[series.tone], "hatch": hatch, "edgecolor": INK["card"], "linewidth": 0.6}


# -- from a file to a part of a page


def _fit(svg: str, chart: Chart, width: int) -> Markup:
    """The drawing as an element among others."""
    svg = svg[svg.index("<svg") :]
    svg = _FONT.sub("font-family: inherit", _OUTSIDE.sub("", svg))
    svg = _INK.sub(lambda found: found[1] + _VARIABLES[found[2]], svg)
    svg = _INK_ATTRIBUTE.sub(lambda found: f'style="fill: {_VARIABLES[found[1]]}"', svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    inside = re.sub(r"(?<=>)\s+(?=<)", "", svg[svg.index(">") + 1 :].strip())
    inside = re.sub(r"\s*\n\s*", " ", inside)  # half of it is indentation; labels have no line ends
    name = "sk-chart-wide" if width == WIDE else "sk-chart-narrow"
    # Two charts on a page may differ and have the same clip: ids are told apart by all that is drawn.
    mark = hashlib.blake2b(svg.encode("utf-8", "replace"), digest_size=4).hexdigest()
    inside = re.sub(r'((?:id="|url\(#|href="#))', rf"\g<1>sk{mark}", inside)
    return trusted(
        f'<svg class="{name}" role="img" aria-label="{escape(f"{chart.title}. {chart.said}")}" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" '
        f'{box[0] if box else ""} style="stroke-linejoin: round; stroke-linecap: butt">{inside}'
    )


def _cut(line: str, most: int) -> str:
    """As much of a line as fits; wide letters count twice."""
    room, kept = most, ""
    for letter in line:
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 1:
            return kept.rstrip() + "…"
        kept += letter
    return kept
