"""What a chart says, before anything is drawn: a table of ours becomes a few named rows of numbers.

Each kind of chart is one function from a DataFrame to a `Chart`. The same `Chart` is drawn
(`sora_kit.notebook.drawing`), told in a sentence, and shown as a table to those who would rather read
numbers or cannot see the drawing, so the three cannot disagree.

Moments are put into equal intervals of the reader's own time zone, of the first length of `STEPS` that
gives at most `MOST` of them.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Literal

from sora_kit.errors import InvalidInput
from sora_kit.notebook import words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("KINDS", "Chart", "Series", "chart", "kind_of", "plain")

MOST = 48
"""Intervals on the axis of time."""

BARS = 10
"""Names in a chart of bars; the others are added up."""

OTHERS = "others"

STEPS = (
    (10, "10 s"), (30, "30 s"), (60, "minute"), (300, "5 min"), (900, "15 min"), (3600, "hour"),
    (10_800, "3 h"), (21_600, "6 h"), (86_400, "day"), (604_800, "week"), (2_592_000, "30 days"),
)  # fmt: skip
"""Lengths of an interval in seconds, and what they are called."""

Tone = Literal["good", "warn", "bad", "accent", "link", "muted", "faint"]
"""A colour of the theme; see `sora_kit.notebook.theme`."""

PALETTE: tuple[Tone, ...] = ("accent", "link", "good", "warn")
"""Tones of series that are neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as long as the chart's axis. NaN is nothing."""

    name: str
    tone: Tone
    numbers: tuple[float, ...]
    texture: int = 0
    """Tells it apart without colour: 0 is plain, 1 hatched or dashed, 2 cross-hatched."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What one chart says. Without series, ``said`` is all there is."""

    kind: str
    title: str
    said: str
    """The gist in one or two sentences."""

    form: Literal["stack", "lines", "bars"] = "stack"
    series: tuple[Series, ...] = ()
    at: tuple[datetime, ...] = ()
    """Where each interval begins, in local time without a zone; empty for bars."""

    step: float = 0.0
    """Length of an interval in seconds."""

    names: tuple[str, ...] = ()
    """What each bar is about, the longest first; empty for the others."""

    unit: str = ""
    """Of the values, behind the number: ``" s"``; ``"$"`` stands before it."""

    def text(self, value: float) -> str:
        """A value for reading; nothing is a dash."""
        if math.isnan(value):
            return "–"
        if self.unit == "$":
            return f"${value:,.2f}"
        return (
            f"{value:,.0f}{self.unit}" if value >= 100 or value == round(value) else f"{value:.2g}{self.unit}"
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """What each place of the axis is called."""
        if self.names:
            return self.names
        form = "%d %b" if self.step >= 86_400 else "%d %b, %H:%M:%S" if self.step < 60 else "%d %b, %H:%M"
        return tuple(moment.strftime(form) for moment in self.at)


def kind_of(frame: pd.DataFrame) -> str:
    """The kind that a table is first asked for.

    Raises:
        InvalidInput: No chart can be made of it.
    """
    for kind, (needs, _) in KINDS.items():
        if needs <= set(frame.columns):
            return kind
    raise InvalidInput(
        "This table cannot be plotted",
        why="It has no columns that a chart is made of",
        fix="Plot studio.log(), studio.jobs() or studio.results()",
        param="kind",
    )


def chart(frame: pd.DataFrame, kind: str | None = None, *, zone: tzinfo | None = None) -> Chart:
    """The numbers of a chart.

    Args:
        frame: A table of ours, or rows of one.
        kind: One of `KINDS`; the first that the table has the columns for, if not given.
        zone: The reader's time zone; this computer's by default.

    Raises:
        InvalidInput: There is no such kind, or the table has not what it takes.
    """
    kind = kind or kind_of(frame)
    if kind not in KINDS:
        raise InvalidInput(f"There is no chart {kind!r}", fix=f"Use one of {', '.join(KINDS)}", param="kind")
    needs, make = KINDS[kind]
    if missing := sorted(needs - set(frame.columns)):
        source = "studio.log()" if "status" in needs or kind in ("waiting", "accounts") else "studio.jobs()"
        raise InvalidInput(
            f"This table has no chart {kind!r}",
            why=f"It has no column {', '.join(map(repr, missing))}",
            fix=f"Take it from {source}",
            param="kind",
        )
    return make(frame, zone or datetime.now().astimezone().tzinfo)


# -- of requests


def requests(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """How many requests came, and how they ended."""
    title = "Requests"
    if frame.empty:
        return Chart("requests", title, "No requests yet.")
    at, step, place = intervals(frame["time"], zone)
    ended = endings(frame)
    series = [
        Series(name, tone, counted(place[ended == name], len(at)), texture)
        for name, tone, texture in ENDINGS
        if name == "answered" or (ended == name).any()
    ]
    parts = " · ".join(f"{sum(one.numbers):,.0f} {one.name}" for one in series)
    said = f"{words.count(len(frame), 'request')}: {parts}."
    return Chart("requests", f"{title} per {called(step)}", said, "stack", tuple(series), at, step)


def waiting(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """How long jobs waited before work on them began."""
    title = "Waiting time"
    jobs = frame.dropna(subset=["job", "waiting"]).drop_duplicates("job")
    if jobs.empty:
        return Chart("waiting", title, "No job of these requests has started yet.")
    at, step, place = intervals(jobs["time"], zone)
    groups = jobs["waiting"].groupby(place.to_numpy())
    half, most = groups.median(), groups.max()
    series = (
        Series("median", "accent", tuple(float(half.get(n, math.nan)) for n in range(len(at)))),
        Series("longest", "muted", tuple(float(most.get(n, math.nan)) for n in range(len(at))), 1),
    )
    whole = jobs["waiting"]
    half_of_all, longest = (words.length(float(x)) for x in (whole.median(), whole.max()))
    said = (
        f"{words.count(len(jobs), 'job')}: half of them waited {half_of_all} or less, the longest {longest}."
    )
    return Chart("waiting", f"{title} per {called(step)}", said, "lines", series, at, step, unit=" s")


def outcomes(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """How requests ended, by cause."""
    del zone
    title = "Outcomes by cause"
    if frame.empty:
        return Chart("outcomes", title, "No requests yet.")
    cause = frame["error"].astype("object").where(frame["error"].notna(), None)
    status = frame["status"].astype(int)
    ended = endings(frame)
    label = [
        "answered" if end == "answered" else f"{plain(why or 'no cause given')} ({code})"
        for why, code, end in zip(cause, status, ended, strict=True)
    ]
    names, totals = most_of(label)
    tones = dict(zip(label, ended, strict=True))
    series = []
    for name, tone, texture in ENDINGS:
        mine = [tones.get(one, "failed") == name for one in names]  # the others are mixed, none of them good
        if any(mine):
            values = (float(n) if own else math.nan for own, n in zip(mine, totals, strict=True))
            series.append(Series(name, tone, tuple(values), texture))
    bad = [(one, n) for one, n in zip(names, totals, strict=True) if one != "answered"]
    worst = f" Most often not: {words.short(bad[0][0], 60)}, {words.count(bad[0][1], 'time')}." if bad else ""
    said = f"{(ended == 'answered').sum():,} of {words.count(len(frame), 'request')} answered.{worst}"
    return Chart("outcomes", title, said, "bars", tuple(series), names=names)


def accounts(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """How many jobs each account served."""
    del zone
    title = "Jobs by account"
    jobs = frame.dropna(subset=["job", "account"]).drop_duplicates("job")
    served = jobs["account"].map(plain).astype(str)
    served = served[served != ""]
    if served.empty:
        return Chart("accounts", title, "No account has served a job of these requests yet.")
    names, totals = most_of(served)
    said = f"{words.count(len(served), 'job')} on {words.count(served.nunique(), 'account')}; "
    said += f"most on {words.short(names[0], 60)}."
    return Chart(
        "accounts", title, said, "bars", (Series("jobs", "link", tuple(map(float, totals))),), names=names
    )


# -- of jobs and clips


def clips(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """How many clips were made, by backend."""
    title = "Clips"
    done = frame[frame["state"] == "completed"]
    if done.empty:
        return Chart("clips", title, "No clips yet.")
    at, step, place = intervals(done["created"], zone)
    backend = done["backend"].map(plain).astype(str)
    names = [str(name) for name in backend.value_counts().index]
    if len(names) > len(PALETTE):
        names = [*names[: len(PALETTE) - 1], OTHERS]
        backend = backend.where(backend.isin(names), OTHERS)
    series = tuple(
        Series(name, tone, counted(place[(backend == name).to_numpy()], len(at)), texture)
        for name, tone, texture in zip(names, PALETTE, (0, 1, 2, 1), strict=False)
    )
    parts = " · ".join(f"{sum(one.numbers):,.0f} {one.name}" for one in series)
    said = f"{words.count(len(done), 'clip')}: {parts}."
    return Chart("clips", f"{title} per {called(step)}", said, "stack", series, at, step)


def cost(frame: pd.DataFrame, zone: tzinfo | None) -> Chart:
    """What jobs cost as estimated when they were planned."""
    title = "Estimated cost"
    paid = frame[frame["cost"] > 0]
    if paid.empty:
        return Chart("cost", title, "Nothing was paid for: all of it was free or has no known price.")
    at, step, place = intervals(paid["created"], zone)
    sums = paid["cost"].groupby(place.to_numpy()).sum()
    series = (Series("US dollars", "accent", tuple(float(sums.get(n, 0.0)) for n in range(len(at)))),)
    said = f"{words.count(len(paid), 'job')}, about ${paid['cost'].sum():,.2f} together."
    return Chart("cost", f"{title} per {called(step)}", said, "stack", series, at, step, unit="$")


KINDS: dict[str, tuple[set[str], Callable[[pd.DataFrame, tzinfo | None], Chart]]] = {
    "requests": ({"time", "status", "error"}, requests),
    "waiting": ({"time", "job", "waiting"}, waiting),
    "outcomes": ({"status", "error"}, outcomes),
    "accounts": ({"job", "account"}, accounts),
    "clips": ({"created", "backend", "state"}, clips),
    "cost": ({"created", "cost"}, cost),
}
"""Kind → the columns that it needs, and who counts."""

ENDINGS: tuple[tuple[str, Tone, int], ...] = (
    ("answered", "good", 0),
    ("refused", "warn", 1),
    ("failed", "bad", 2),
)


# -- counting


def endings(frame: pd.DataFrame) -> pd.Series[str]:
    """``answered``, ``refused`` (400 to 499) or ``failed`` (also after a good status) for each request."""
    status = frame["status"].astype(int)
    ended = status.map(lambda code: "failed" if code >= 500 else "refused" if code >= 400 else "answered")
    return ended.mask((status < 400) & frame["error"].notna(), "failed")


def intervals(
    moments: pd.Series[Any], zone: tzinfo | None
) -> tuple[tuple[datetime, ...], float, pd.Series[int]]:
    """Where equal intervals begin, their length in seconds, and the number of that of each moment."""
    import pandas as pd

    local = moments.dt.tz_convert(zone).dt.tz_localize(None)
    first, last = local.min(), local.max()
    step = next((s for s, _ in STEPS if (last - first).total_seconds() / s <= MOST - 1), STEPS[-1][0])
    day = first.normalize()
    begin = day + timedelta(seconds=(first - day).total_seconds() // step * step)
    place = ((local - begin).dt.total_seconds() // step).astype(int)
    count = int(place.max()) + 1
    at = [(pd.Timestamp(begin) + timedelta(seconds=step * n)).to_pydatetime(warn=False) for n in range(count)]
    return tuple(at), float(step), place


def counted(places: pd.Series[int], length: int) -> tuple[float, ...]:
    """How many fall into each interval."""
    found = places.value_counts()
    return tuple(float(found.get(n, 0)) for n in range(length))


def most_of(names: Sequence[str] | pd.Series[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The names that come most often with their number, and the others together."""
    import pandas as pd

    found = pd.Series(list(names), dtype="object").value_counts()
    rest = int(found.iloc[BARS:].sum())
    top = [(str(name), int(number)) for name, number in found.iloc[:BARS].items()]
    if rest:
        top.append((OTHERS, rest))
    return tuple(name for name, _ in top), tuple(number for _, number in top)


def plain(name: object) -> str:
    """Other people's words on one line, without characters that no page can show."""
    kept = (letter if unicodedata.category(letter)[0] != "C" else " " for letter in str(name))
    return " ".join("".join(kept).split())


def called(step: float) -> str:
    """What an interval is called: ``hour``, ``5 min``."""
    return dict(STEPS)[int(step)]
