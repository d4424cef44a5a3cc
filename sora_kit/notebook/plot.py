"""A chart as a cell and a panel show it: title, legend, drawing, the gist, and the numbers as a table.

The legend is HTML, so that it wraps; the texture of a swatch is that of its series.
"""

from __future__ import annotations

from functools import cache

from sora_kit.notebook.drawing import NARROW, WIDE, draw
from sora_kit.notebook.html import Markup, tag, trusted
from sora_kit.notebook.numbers import Chart
from sora_kit.notebook.sheet import STATIC, page
from sora_kit.notebook.words import short

__all__ = ("Plot", "css", "figure")


class Plot:
    """A chart that a cell shows.

    Args:
        chart: What it says.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.html = page(tag("style", trusted(css())), figure(chart))

    def _repr_html_(self) -> str:
        return str(self.html)

    def __repr__(self) -> str:
        return f"{self.chart.title}: {self.chart.said}"


@cache
def css() -> str:
    """The layout of charts, without the theme."""
    return (STATIC / "chart.css").read_text(encoding="utf-8")


def figure(chart: Chart) -> Markup:
    """The chart, without stylesheet."""
    if not chart.series:
        return tag("figure", title(chart), tag("p", chart.said, class_="sk-muted"), class_="sk-chart")
    shape = "sk-line" if chart.form == "lines" else "sk-fill"
    legend = (
        tag("span", tag("i", class_=f"{shape} sk-{one.tone} sk-texture-{one.texture}"), short(one.name, 40))
        for one in chart.series
    )
    return tag(
        "figure",
        tag("div", title(chart), tag("div", legend, class_="sk-legend"), class_="sk-chart-head"),
        tag("p", chart.said, class_="sk-muted"),
        draw(chart, WIDE),
        draw(chart, NARROW),
        numbers(chart),
        class_="sk-chart",
    )


def title(chart: Chart) -> Markup:
    """The heading."""
    return tag("figcaption", chart.title, class_="sk-chart-title")


def numbers(chart: Chart) -> Markup:
    """All values as a table, folded away."""
    first = "Name" if chart.names else "From"
    head = tag(
        "tr", (tag("th", short(name, 40), scope="col") for name in (first, *(s.name for s in chart.series)))
    )
    rows = (
        tag("tr", tag("th", short(name, 80), scope="row"), (tag("td", chart.text(v)) for v in values))
        for name, *values in zip(chart.rows, *(one.numbers for one in chart.series), strict=True)
    )
    table = tag("table", tag("thead", head), tag("tbody", rows))
    return tag("details", tag("summary", "Numbers", class_="sk-label"), tag("div", table, class_="sk-scroll"))
