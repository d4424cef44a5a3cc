"""The card of many jobs: a grid or a table that fills itself.

What surrounds the cells is drawn once. Each cell is a part of its own, so a clip that is done appears
where its place was kept, and one that plays goes on playing. News come on the background loop, from any
number of jobs at once; one thread per card draws what they touched, at most four times a second.

When everything has ended the card settles: it becomes plain HTML, which stays in the saved notebook.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from sora_kit.errors import SoraKitError
from sora_kit.notebook import words
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.cards import error as error_card
from sora_kit.notebook.cards import job as job_card
from sora_kit.notebook.html import Markup, join, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page
from sora_kit.studio.batch import STATES, Batch
from sora_kit.studio.sweep import AXES, Sweep

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import LiveCard
    from sora_kit.store.clips import Clip
    from sora_kit.store.jobs import JobRecord
    from sora_kit.studio import Studio

__all__ = ("BatchCard", "picture", "show")

EVERY_SECONDS = 0.25
"""The page hears of progress at most four times a second."""
POSTER_WIDTH = 240
"""In pixels; there may be hundreds. About 5 kB."""
AT_WORK = frozenset({"queued", "running"})

_cards: dict[int, BatchCard] = {}
"""Identity of a batch → its card, while it is live."""
_lock = threading.Lock()


def show(batch: Batch) -> None:
    """Display a batch in the running cell."""
    from sora_kit.notebook.widgets import publish

    if over(batch):
        publish({"text/html": str(page(picture(batch))), "text/plain": repr(batch)})
        return
    with _lock:
        card = _cards.get(id(batch))
        if card is None:
            card = _cards[id(batch)] = BatchCard(batch)
    card.widget.show(page(picture(batch)), repr(batch))


def over(batch: Batch) -> bool:
    """Whether nothing in the card can change any more."""
    states = {batch.state(number) for number in range(len(batch.cells))}
    return not states & {*AT_WORK, "new", "needs_you"}


def picture(batch: Batch) -> Markup:
    """The card as it is at this moment, without buttons."""
    clips = batch.clips()
    cells = {f"c{n}": cell(batch, n, clips.get(n)) for n in range(len(batch.cells))}
    return frame(batch, {"head": head(batch, live=False), **cells})


class BatchCard:
    """Keeps one widget up to date with one batch."""

    def __init__(self, batch: Batch) -> None:
        from sora_kit.notebook.widgets import LiveCard

        self.batch = batch
        self.lock = threading.Lock()
        self.dirty: set[int] = set()
        """Cells with news that are not drawn yet."""
        self.drawing = False
        clips = batch.clips()
        numbers = range(len(batch.cells))
        self.drawn = {n: batch.state(n) for n in numbers}
        self.phase = phase(batch)
        parts = {"head": head(batch, live=True)} | {f"c{n}": cell(batch, n, clips.get(n)) for n in numbers}
        self.widget: LiveCard = LiveCard(frame(batch, {}), moving(batch), parts)
        self.widget.on_action("cancel", self._cancel)
        self.widget.on_action("start", self._start)
        batch.listen(self._news)
        self._news(list(numbers))  # what happened since the first picture

    def _news(self, numbers: list[int]) -> None:
        """Take news, on the background loop."""
        from sora_kit.notebook.widgets import in_background

        with self.lock:
            self.dirty.update(numbers)
            if self.drawing:
                return
            self.drawing = True
        in_background(self._draw)

    def _draw(self) -> None:
        """Draw until there is nothing new, in a thread: posters are read, a media server may start."""
        try:
            while True:
                with self.lock:
                    numbers, self.dirty = self.dirty, set()
                    if not numbers:
                        self.drawing = False
                        return
                self._redraw(sorted(numbers))
                time.sleep(EVERY_SECONDS)
        except BaseException:
            self.drawing = False  # so that the next news are drawn
            raise

    def _redraw(self, numbers: list[int]) -> None:
        batch = self.batch
        if over(batch):
            with _lock:  # from now on it is displayed without a widget
                _cards.pop(id(batch), None)
            self.widget.settle(picture(batch), repr(batch))
            return
        states = {n: batch.state(n) for n in numbers}
        changed = [n for n in numbers if shape(states[n]) != shape(self.drawn[n])]
        clips = batch.clips() if changed else {}
        for number in changed:
            self.drawn[number] = states[number]
            self.widget.fill(f"c{number}", cell(batch, number, clips.get(number)))
        if (now := phase(batch)) != self.phase:
            self.phase = now
            self.widget.fill("head", head(batch, live=True))
        self.widget.live = moving(batch)

    def _cancel(self) -> None:
        self.batch.cancel()

    def _start(self) -> None:
        try:
            self.batch.start()
        except SoraKitError as error:
            self.widget.fill("head", error_card.card(error.what, error.why, error.fix))
        self._news(list(range(len(self.batch.cells))))


def shape(state: str) -> str:
    """What a cell looks like: only changes of this redraw it."""
    return "work" if state in AT_WORK else state


def phase(batch: Batch) -> str:
    """What can be done with the whole: ``new`` can be started, ``work`` cancelled."""
    states = batch.counts()
    return "work" if AT_WORK & states.keys() else "new" if "new" in states else "asks"


def moving(batch: Batch) -> dict[str, str | int]:
    """The parts of the card that change all the time."""
    live: dict[str, str | int] = {"told": told(batch), "bar": round(progress(batch))}
    for number in range(len(batch.cells)):
        record = batch.record(number)
        if record is not None and record.state in AT_WORK:
            live[f"s{number}"] = stage(record)
            live[f"b{number}"] = round(record.progress)
    return live


def stage(record: JobRecord) -> str:
    """What is going on, short enough for a small tile."""
    if record.state == "queued":
        return f"Waiting · place {record.place}" if record.place else "Waiting"
    return record.stage or "Working"


def progress(batch: Batch) -> float:
    """Of the whole, 0 to 100; what has ended counts as done."""
    each = [
        0.0 if state == "new" else record.progress if record and state in AT_WORK else 100.0
        for state, record in ((batch.state(n), batch.record(n)) for n in range(len(batch.cells)))
    ]
    return sum(each) / max(1, len(each))


def told(batch: Batch) -> str:
    """``8 done · 1 failed · 3 waiting``."""
    counts = batch.counts()
    return " · ".join(f"{counts[state]:,} {word}" for state, word in STATES.items() if state in counts)


def head(batch: Batch, *, live: bool) -> Markup:
    """Name, sums, estimate, and the one button that fits."""
    now = phase(batch)
    button = {"work": ("Cancel", "cancel", "Cancelling…"), "new": ("Start", "start", "Starting…")}.get(now)
    pressed = tag(
        "button", button[0], type="button", class_="sk-button", data_action=button[1], data_busy=button[2]
    ) if live and button else None  # fmt: skip
    title = f"{batch.noun.capitalize()} {batch.name}".strip()
    bar = tag(
        "div",
        tag("i", data_live="bar", style=f"width: {progress(batch):.0f}%"),
        class_="sk-bar",
        role="progressbar",
        aria_label="Progress",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=round(progress(batch)),
    )
    remark = " Safe to close this page." if live and now == "work" else ""
    return join(
        (
            tag(
                "div",
                tag("span", words.short(title, 60), class_="sk-title"),
                tag(
                    "span",
                    tag("span", told(batch), class_="sk-muted", data_live="told", role="status"),
                    pressed,
                    class_="sk-row",
                ),
                class_="sk-row sk-between",
            ),
            None if over(batch) else bar,
            tag("p", batch.estimate.sentence, remark, class_="sk-faint"),
        )
    )


def frame(batch: Batch, parts: Mapping[str, Markup]) -> Markup:
    """Head and cells in their places; with the given parts filled in."""
    inside = grid(batch, parts) if isinstance(batch, Sweep) else rows(batch, parts)
    return tag(
        "div",
        tag("div", part("head", parts), class_="sk-batch-head"),
        inside,
        class_="sk-card sk-batch",
        data_batch=batch.name,
    )


def part(name: str, parts: Mapping[str, Markup], class_: str | None = None) -> Markup:
    """The place of a part."""
    return tag("div", parts.get(name), data_part=name, class_=class_)


def grid(sweep: Sweep, parts: Mapping[str, Markup]) -> Markup:
    """Prompts downwards, the first axis that varies across; one line of tiles when that is all."""
    varied = [name for name in AXES if len(sweep.axis(name)) > 1]
    across = next((name for name in varied if name != "prompt"), None)
    down = [name for name in varied if name != across]
    if across is None or not down:
        tiles = (
            tag(
                "figure",
                part(f"c{number}", parts),
                tag("figcaption", label(sweep.cells[number].parameters, varied or ["prompt"])),
                class_="sk-tile-small",
            )
            for number in range(len(sweep.cells))
        )
        return tag("div", tiles, class_="sk-tiles")
    columns = sweep.axis(across)
    lines: dict[tuple[object, ...], dict[object, int]] = {}
    for number, one in enumerate(sweep.cells):
        line = tuple(one.parameters[name] for name in AXES if name != across)
        lines.setdefault(line, {})[one.parameters[across]] = number
    heading = tag("tr", tag("td"), (tag("th", said(across, value), scope="col") for value in columns))
    body = (
        tag(
            "tr",
            tag("th", label(sweep.cells[next(iter(line.values()))].parameters, down), scope="row"),
            (tag("td", part(f"c{line[value]}", parts) if value in line else None) for value in columns),
        )
        for line in lines.values()
    )
    table = tag("table", tag("thead", heading), tag("tbody", body), class_="sk-table sk-grid")
    return tag("div", table, class_="sk-scroll")


def rows(batch: Batch, parts: Mapping[str, Markup]) -> Markup:
    """One line a cell: the clip, then what was asked."""
    names = list(dict.fromkeys(name for one in batch.cells for name in one.parameters))
    shown = [name for name in names if any(one.parameters.get(name) is not None for one in batch.cells)]
    heading = tag("tr", tag("th", "Clip"), (tag("th", name.replace("_", " ").capitalize()) for name in shown))
    body = (
        tag(
            "tr",
            tag("td", part(f"c{number}", parts)),
            (
                tag(
                    "td",
                    words.short(str(value), 240) if (value := one.parameters.get(name)) is not None else "",
                    class_="sk-prompt" if name == "prompt" else None,
                )
                for name in shown
            ),
        )
        for number, one in enumerate(batch.cells)
    )
    table = tag("table", tag("thead", heading), tag("tbody", body), class_="sk-table sk-grid sk-rows")
    return tag("div", table, class_="sk-scroll")


def label(parameters: Mapping[str, object], names: list[str]) -> Markup:
    """The values of some axes, the prompt first."""
    return join(
        tag(
            "span",
            words.short(str(parameters[name]), 90) if name == "prompt" else said(name, parameters[name]),
            class_="sk-prompt" if name == "prompt" else "sk-faint",
        )
        for name in names
    )


def said(axis: str, value: object) -> str:
    """A value of an axis, in words."""
    if value is None:
        return {"style": "no style", "seed": "any seed"}.get(axis, "")
    return f"seed {value}" if axis == "seed" else str(value)


def cell(batch: Batch, number: int, clip: Clip | None) -> Markup:
    """What a cell shows. May start a media server; never call it on the studio's loop."""
    state = batch.state(number)
    record = batch.record(number)
    if clip is not None and state == "completed":
        still = inline(clip.poster_file, POSTER_WIDTH)
        inside: object = (
            clip_card.player(clip, clip_card.address(clip), still),
            clip_card.how_long(clip) if clip.kind == "video" else None,
        )
    elif record is not None and state in AT_WORK:
        done = round(record.progress)
        bar = tag("div", tag("i", data_live=f"b{number}", style=f"width: {done}%"), class_="sk-bar",
                  role="progressbar", aria_label="Progress", aria_valuemin=0, aria_valuemax=100,
                  aria_valuenow=done)  # fmt: skip
        now = tag("p", tag("span", stage(record), data_live=f"s{number}", title=job_card.stage(record)))
        inside = (
            job_card.backdrop(cast("Studio", batch.studio), record),
            tag("div", now, bar, class_="sk-now"),
        )
    elif error := batch.error(number):
        return error_card.notice(error, warn=state == "needs_you")
    else:
        quiet = {"cancelled": "Cancelled", "new": "Not started", "completed": "The clip was deleted"}
        text = record.text if record and record.text else quiet.get(state, state)
        inside = tag("p", words.short(text, 240), class_="sk-muted sk-quiet")
    return tag("div", inside, class_="sk-frame", data_state=state)
