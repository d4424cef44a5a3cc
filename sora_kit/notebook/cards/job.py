"""The card of a job: a live one while it works, the result when it is done.

A job may be displayed many times, in one cell or in ten: they all show one widget. The card follows
the job through `Studio.watch`, whose callback comes on the background loop, so it moves on while other
cells run or block. When the job ends, the frame is exchanged for the clip's own card; that is drawn in
a thread, because it reads files and may start a media server. A job that has ended when it is
displayed needs no widget at all and survives in the saved notebook.
"""

from __future__ import annotations

import threading
import time
import zlib
from typing import TYPE_CHECKING, cast

from sora_kit.errors import NotFound, SoraKitError
from sora_kit.notebook import words
from sora_kit.notebook.cards import character as character_card
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.cards import error as error_card
from sora_kit.notebook.html import Markup, join, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from sora_kit.engine.job import Job
    from sora_kit.notebook.widgets import LiveCard
    from sora_kit.store.jobs import JobRecord
    from sora_kit.studio import Studio

__all__ = ("JobCard", "ended", "moving", "show", "working")

AT_WORK = frozenset({"queued", "running"})

EVERY_SECONDS = 0.25
"""The page hears of progress at most four times a second."""

_cards: dict[str, JobCard] = {}
"""Job id → its card, while it is live."""
_lock = threading.Lock()


def show(job: Job) -> Callable[[], None] | None:
    """Display a job in the running cell.

    Returns:
        How to take a live card away again; None when it was displayed for good.
    """
    from sora_kit.notebook.widgets import publish

    studio = cast("Studio", job.studio)
    record = job.record
    if record.done:
        publish({"text/html": str(page(ended(studio, record))), "text/plain": repr(job)})
        return None
    with _lock:
        card = _cards.get(job.id)
        if card is None or card.studio is not studio:
            card = _cards[job.id] = JobCard(job, studio)
    output = card.widget.show(page(working(studio, record, live=False)), repr(job))
    return lambda: card.widget.withdraw(output)


class JobCard:
    """Keeps one widget up to date with one job."""

    def __init__(self, job: Job, studio: Studio) -> None:
        from sora_kit.notebook.widgets import LiveCard

        self.job = job
        self.studio = studio
        record = job.record
        self.drawn = _shape(record)
        """What the frame shows: ``work``, or the state that replaced it."""
        self.moved = 0.0
        self.widget: LiveCard = LiveCard(self._frame(record), moving(record))
        self.widget.on_action("cancel", self._cancel)
        self.studio.watch(self._follow, job.id)  # ends by itself with the job

    def _follow(self, record: JobRecord) -> None:
        """Take news, on the background loop."""
        from sora_kit.notebook.widgets import in_background

        shape = _shape(record)
        if shape == self.drawn == "work":
            now = time.monotonic()
            if now - self.moved >= EVERY_SECONDS:
                self.moved = now
                self.widget.live = moving(record)
        elif shape != self.drawn:
            self.drawn = shape
            in_background(lambda: self._redraw(record))

    def _redraw(self, record: JobRecord) -> None:
        if record.done:
            with _lock:  # from now on it is displayed without a widget
                _cards.pop(record.id, None)
            self.widget.settle(self._frame(record), repr(self.job))
        else:
            self.widget.live = moving(record)
            self.widget.html = str(self._frame(record))

    def _frame(self, record: JobRecord) -> Markup:
        if _shape(record) == "work":
            return working(self.studio, record, live=True)
        return ended(self.studio, record)

    def _cancel(self) -> None:
        try:
            self.job.cancel()
        except SoraKitError as error:
            self.widget.html = str(error_card.card(error.what, error.why, error.fix))


def _shape(record: JobRecord) -> str:
    return "work" if record.state in AT_WORK else record.state


def moving(record: JobRecord) -> dict[str, str | int]:
    """The parts of the card that change while the job works."""
    return {"stage": stage(record), "percent": f"{record.progress:.0f} %", "bar": round(record.progress)}


def stage(record: JobRecord) -> str:
    """What is going on, in plain words."""
    if record.state == "queued":
        waiting = f"Waiting · place {record.place}" if record.place else "Waiting"
        return f"{waiting} · {record.stage}" if record.stage else waiting
    return record.stage or "Working"


def working(studio: Studio, record: JobRecord, *, live: bool) -> Markup:
    """The card of a job that waits or runs.

    Args:
        studio: Holds the clip that the job starts from, if any.
        record: A snapshot of the job.
        live: With its Cancel button. Without, it is the picture of a moment.
    """
    now = moving(record)
    request = record.request
    shape = f"{request.width} / {request.height}" if request.width else "16 / 5"
    cancel = tag(
        "button",
        "Cancel",
        type="button",
        class_="sk-button",
        data_action="cancel",
        data_busy="Cancelling…",
        aria_label=f"Cancel: {words.short(record.prompt, 60)}",
    )
    progress = tag(
        "div",
        tag("i", data_live="bar", style=f"width: {now['bar']}%"),
        class_="sk-bar",
        role="progressbar",
        aria_label="Progress",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=now["bar"],
    )
    return tag(
        "figure",
        tag(
            "div",
            backdrop(studio, record),
            cancel if live else None,
            tag(
                "div",
                tag(
                    "p",
                    tag("span", now["stage"], data_live="stage", role="status"),
                    tag("span", now["percent"], data_live="percent"),
                ),
                progress,
                class_="sk-now",
            ),
            class_="sk-frame",
            style=f"aspect-ratio: {shape}",
        ),
        caption(record, "safe to close this page" if live else "run the cell again to see the result"),
        class_="sk-card sk-tile sk-job" + (" sk-tall" if request.height > request.width else ""),
        data_job=record.id,
        data_state=record.state,
    )


def backdrop(studio: Studio, record: JobRecord) -> Markup:
    """A blurred picture of what the job starts from, or else soft colours that belong to its prompt."""
    seed = zlib.crc32(record.prompt.encode())
    hues = ";".join(
        f"--sk-hue-{name}:{(seed >> shift) % 360}" for name, shift in (("a", 0), ("b", 8), ("c", 16))
    )
    source = None
    try:
        if record.parent:
            source = studio.clip(record.parent).poster_file
        elif record.request.image and record.request.image.sha256:
            source = studio.workspace.media.find(record.request.image.sha256)
    except NotFound:
        pass  # deleted since; colours will do
    picture = inline(source, 320) if source else None
    return tag("div", tag("img", src=picture, alt="") if picture else None, class_="sk-soft", style=hues)


def ended(studio: Studio, record: JobRecord) -> Markup:
    """The card of a job that is done or needs a decision. Not for the background loop."""
    if record.state == "completed" and record.kind == "character":
        try:
            return character_card.card(studio.character_of(record.id))
        except NotFound:
            return quiet(record, "The character was removed.")
    if record.state == "completed":
        if record.text:
            return text_card(record)
        try:
            return join(clip_card.card(studio.clip(clip)) for clip in record.clips)
        except NotFound:
            return quiet(record, "The clip was deleted.")
    if record.state == "cancelled":
        return quiet(record, "Cancelled. Nothing was kept.")
    warn = record.state == "needs_you"
    problem = record.error or {"what": "It needs your decision" if warn else "It failed"}
    return tag(
        "figure",
        tag("div", error_card.notice(problem, warn=warn), class_="sk-about"),
        caption(record, f"attempt {record.attempts}" if record.attempts > 1 else ""),
        class_="sk-card sk-tile sk-job",
        data_job=record.id,
        data_state=record.state,
    )


def text_card(record: JobRecord) -> Markup:
    """The result of an `enhance` job."""
    return tag(
        "figure",
        tag("div", tag("p", record.text, class_="sk-text"), class_="sk-about"),
        caption(record),
        class_="sk-card sk-tile sk-job",
        data_job=record.id,
        data_state=record.state,
    )


def quiet(record: JobRecord, sentence: str) -> Markup:
    """A card with nothing to show but a sentence."""
    return tag(
        "figure",
        tag("div", tag("p", sentence, class_="sk-muted"), class_="sk-about"),
        caption(record),
        class_="sk-card sk-tile sk-job",
        data_job=record.id,
        data_state=record.state,
    )


def caption(record: JobRecord, remark: str = "") -> Markup:
    """The prompt, and one faint line."""
    facts = " · ".join(part for part in (record.style or "", record.model, record.backend, remark) if part)
    return tag(
        "figcaption",
        tag("p", words.short(record.prompt, 240) or "No prompt", class_="sk-prompt"),
        tag("p", facts, class_="sk-faint", title=f"{record.id}, asked at {words.clock(record.created)}"),
        class_="sk-about",
    )
