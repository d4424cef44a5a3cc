"""How tasks stand, from the lists that tell it. Pure functions of what was read.

A video task is *running* while it is pending, then in a *gap* where no list has it, then a draft that
is *done*, *refused* or *failed*. A draft tells more than the list of pending tasks, so it comes first.
A draft without a file is no refusal by itself: unless something says why, its file is still to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sora_kit.backends.base import BackendError, UpstreamBroken
from sora_kit.backends.sora_web.errors import is_refusal, refused
from sora_kit.backends.sora_web.images import ImageTask
from sora_kit.backends.sora_web.videos import Draft, Pending

__all__ = (
    "Done",
    "Failed",
    "Gap",
    "Refused",
    "Running",
    "State",
    "failure",
    "image_states",
    "video_states",
)

_DEAD = frozenset({"failed", "error", "errored"})


@dataclass(frozen=True, slots=True)
class Running:
    """Being made."""

    progress: float | None
    """0 to 1, or None if unknown."""

    status: str = ""
    """Upstream's own word, for people."""


@dataclass(frozen=True, slots=True)
class Gap:
    """In no list, or listed without its file: look again."""

    generation: str = ""
    """Of the draft, if there is one already."""


@dataclass(frozen=True, slots=True)
class Done:
    """Finished."""

    url: str
    """The best file."""

    generation: str
    stream_url: str = ""
    """A smaller file, or the same."""

    width: int = 0
    height: int = 0
    seconds: float = 0.0
    """As upstream tells it, 0 if it does not."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Policy refused it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be made."""

    reason: str


State = Running | Gap | Done | Refused | Failed


def video_states(
    tasks: Iterable[str], pending: Iterable[Pending], drafts: Iterable[Draft]
) -> dict[str, State]:
    """How video tasks stand.

    Args:
        tasks: Ids of tasks.
        pending: The list of running tasks, read *before* the drafts: a task that ends in between is
            then seen at once.
        drafts: Newest first.

    Returns:
        One state for each task.
    """
    running = {item.task: item for item in pending}
    finished: dict[str, State] = {}
    for draft in drafts:
        state = _draft_state(draft)
        # A task may have several drafts, or one delivered twice; a file beats everything.
        if _weight(state) > _weight(finished.get(draft.task)):
            finished[draft.task] = state
    states: dict[str, State] = {}
    for task in tasks:
        drafted = finished.get(task)
        if task in running and (drafted is None or isinstance(drafted, Gap)):
            states[task] = _pending_state(running[task])
        else:
            states[task] = drafted or Gap()
    return states


def image_states(tasks: Iterable[str], recent: Iterable[ImageTask]) -> dict[str, State]:
    """How picture tasks stand.

    Args:
        tasks: Ids of tasks.
        recent: The list of picture tasks.

    Returns:
        One state for each task.
    """
    known = {item.id: item for item in recent}
    return {task: _image_state(known[task]) if task in known else Gap() for task in tasks}


def failure(state: Refused | Failed) -> BackendError:
    """The typed failure of a task that ended without a file."""
    if isinstance(state, Refused):
        return refused(state.reason)
    return UpstreamBroken("Sora could not make it", why=state.reason, fix="Try again")


def _draft_state(draft: Draft) -> State:
    if "violation" in draft.kind:
        return Refused(draft.reason or draft.error)
    if draft.kind == "sora_error" or draft.kind in _DEAD:
        why = draft.error or draft.reason
        return Refused(why) if is_refusal(draft.error) else Failed(why)
    url = draft.downloadable_url or draft.url
    if url:
        return Done(
            url,
            draft.generation,
            draft.url or url,
            draft.width,
            draft.height,
            draft.seconds,
        )
    if draft.reason:
        return Refused(draft.reason)
    return Failed(draft.error) if draft.error else Gap(draft.generation)


def _pending_state(item: Pending) -> State:
    if item.status in _DEAD:
        return Refused(item.reason) if is_refusal(item.reason) else Failed(item.reason)
    return Running(_share(item.progress), item.status)


def _image_state(item: ImageTask) -> State:
    if item.status == "failed":
        return Refused(item.error) if is_refusal(item.error) else Failed(item.error)
    if item.status == "succeeded":
        if item.urls:
            return Done(item.urls[0], item.generations[0], item.urls[0])
        return Gap()
    return Running(_share(item.progress), item.status)


def _share(progress: float | None) -> float | None:
    return None if progress is None else min(max(progress, 0.0), 1.0)


def _weight(state: State | None) -> int:
    match state:
        case None:
            return 0
        case Gap() | Running():
            return 1
        case Done():
            return 3
        case _:
            return 2
