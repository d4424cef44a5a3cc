"""What a request refers to: the clip that it starts from, and the characters that it names.

Planning reads no tables, so here is put together what it must know of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sora_kit.backends import Backend
from sora_kit.backends.hosted import is_hosted
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language import describe_subject
from sora_kit.language.request import Request
from sora_kit.language.tags import find_characters
from sora_kit.planning import Origin, Role, Take
from sora_kit.planning.lengths import kept_seconds
from sora_kit.store import Characters, Clip, Clips, JobRecord, MediaStore

if TYPE_CHECKING:
    from sora_kit.studio.looking import Looking

__all__ = (
    "as_character",
    "as_given",
    "as_source",
    "found_source",
    "is_foreign",
    "origin_of",
    "roles_of",
    "span_within",
    "taken",
    "takes_of",
)

FOREIGN = re.compile(r"s_[0-9a-f]{32}|gen_[A-Za-z0-9]+")
"""Ids that Sora gives; they may name videos that were never in this workspace."""

MOST_ANCESTORS = 8

SPAN = (0.0, 3.0)
"""Seconds of a clip that show a character, unless others are given."""

LONGEST_NAME = 40


def is_foreign(source: str) -> bool:
    """Whether an id is one of Sora's own."""
    return bool(FOREIGN.fullmatch(source))


def found_source(studio: Looking, source: str, owner: str) -> Clip | None:
    """The clip of an id of ours, or of the id that its backend has for it.

    Args:
        studio: Where it may be.
        source: The id.
        owner: Id of the API key that asks. A clip of another key is not found by its backend's id.
    """
    try:
        return studio.clip(source)
    except NotFound:
        pass
    clip = studio.clips_table.by_upstream(source) if is_foreign(source) else None
    if clip is None:
        return None
    makers = studio.jobs_table.some([clip.job])
    hidden = owner and any(job.owner not in ("", owner) for job in makers)
    return None if hidden else clip


def origin_of(request: Request, source: Clip | None, backend: Backend, clips: Clips) -> Origin | None:
    """What planning must know of the source of a remix or extension.

    A backend on this machine starts from the file of any clip. One that runs elsewhere knows only what
    it made itself, and knows that whole: it cannot go on from where a clip was cut here.
    """
    if request.kind not in ("remix", "extend"):
        return None
    hosted = is_hosted(backend)
    if source is None:
        return Origin(native=False) if hosted and request.video else None
    native = not hosted or (source.backend == backend.name and bool(source.upstream_id))
    if hosted and request.kind == "extend" and kept_seconds(source.request, backend.capabilities):
        native = False
    prompt, board = "", source.request
    for clip in reversed(_ancestors(source, clips)):
        words = clip.request.prompt
        if clip.request.kind != "extend":
            board = clip.request if clip.request.shots else board
        prompt = f"{prompt.rstrip('. ')}. {words}" if prompt and words else prompt or words
    return Origin(native, prompt, board.shots, source.seconds)


def roles_of(request: Request, characters: Characters) -> list[Role]:
    """The workspace's characters, if the request names any."""
    if not request.characters:
        return []
    return [
        Role(one.name, one.backend, one.description or one.display_name, one.known_upstream)
        for one in characters.latest()
    ]


def as_source(request: Request, source: Clip | None) -> Request:
    """The request with what it left to its source: the style, and the size of an extension."""
    if source is None:
        unseen = request.kind == "extend" and request.video is not None and not request.width
        # only what looks at a clip from outside (`as_given`) knows better
        return request.with_(width=1280, height=720) if unseen else request
    request = request.with_(source=source.id)
    if request.kind == "character":
        return request
    style = request.style or source.style
    if request.width:
        return request.with_(style=style)
    return request.with_(style=style, width=source.width, height=source.height)


async def as_given(request: Request, media: MediaStore) -> Request:
    """A request with what it leaves to the clip that came with it: a character's span, an extension's size.

    Args:
        request: What is wanted.
        media: Where its clip is stored.

    Raises:
        InvalidInput: The span is not within the clip.
    """
    given, sized = request.video, request.kind == "extend" and not request.width
    if given is None or not given.sha256 or not (sized or request.kind == "character"):
        return request
    from sora_kit.media.check import acheck_video

    clip = await acheck_video(media.find(given.sha256))
    if sized:
        return request.with_(width=clip.width & ~1, height=clip.height & ~1)  # what is encoded is even
    return request.with_(span=span_within(request.span, clip.seconds))


def as_character(
    request: Request, source: Clip | None, characters: Characters, backend: str, again: JobRecord | None
) -> Request:
    """A character's request with its description and span.

    Args:
        request: Of kind ``character``.
        source: The clip that it is made from, if it is one of ours.
        characters: Those that there are.
        backend: Who makes it.
        again: The job that was started under the same idempotency key, whose name is its own.

    Raises:
        InvalidInput: The name is none or is taken, or the span is not within the clip.
    """
    if request.name:
        _check_name(request.name, characters, backend, again)
    span = span_within(request.span, source.seconds if source is not None else None)
    words = request.prompt or (describe_subject(source.request) if source is not None else "")
    return request.with_(span=span, prompt=words or "a person")


def taken(studio: Looking, request: Request, takes: Mapping[int, str | Clip]) -> Request:
    """The request with clips in place of some of its shots.

    Args:
        studio: Where the clips are.
        request: With shots.
        takes: Number of a shot, from 0 (negative ones count from the end), and its clip or that one's id.

    Raises:
        InvalidInput: There is no such shot, or the clip is a picture.
        NotFound: There is no such clip.
    """
    ids = [""] * len(request.shots)
    for number, which in takes.items():
        if not -len(ids) <= number < len(ids):
            raise InvalidInput(
                f"There is no shot {number}",
                why=f"The storyboard has {len(ids)} shots, counted from 0",
                fix="Look at the board, and count again",
                param="takes",
            )
        clip = studio.clip(which.id if isinstance(which, Clip) else which)
        if clip.kind != "video":
            raise InvalidInput(f"{clip.id} is a picture, and a take is a video", param="takes")
        ids[number] = clip.id
    return request.with_(takes=tuple(ids)) if any(ids) else request


def takes_of(request: Request, clips: Clips) -> list[Take | None]:
    """What planning must know of the takes of a request."""
    found = [clips.get(one) if one else None for one in request.takes]
    return [None if one is None else Take(one.backend, one.seconds) for one in found]


def span_within(span: tuple[float, float] | None, seconds: float | None) -> tuple[float, float]:
    """A span of a clip, from and to in seconds; the usual one ends with a clip that is shorter.

    Args:
        span: What was asked for; None for the usual one.
        seconds: Length of the clip, if it is known.

    Raises:
        InvalidInput: It is not within the clip.
    """
    start, end = span or SPAN
    if seconds is not None and (span is None or span == SPAN):
        end = min(end, seconds)
    if not 0 <= start < end or (seconds is not None and end > seconds + 0.05):
        length = f"The clip is {seconds:.3g} s long" if seconds is not None else ""
        raise InvalidInput(
            f"{start:g} to {end:g} s is no part of the clip",
            why=length,
            fix="Give start and end in seconds, for example start=0, end=3",
            param="end" if start >= 0 else "start",
        )
    return float(start), float(end)


def _check_name(name: str, characters: Characters, backend: str, again: JobRecord | None) -> None:
    if len(name) > LONGEST_NAME or find_characters(f"@{name}") != (name,):
        raise InvalidInput(
            f"{name[:60]!r} cannot be the name of a character",
            why="Prompts mention it as @name",
            fix=f"Use letters, digits, _, . and -, at most {LONGEST_NAME}",
            param="name",
        )
    taken = characters.find(name, backend)
    if taken is not None and taken.backend == backend and (again is None or taken.job != again.id):
        raise InvalidInput(
            f"There is a character @{taken.name} on {backend} already",
            fix="Choose another name, or remove that one with studio.characters.remove(...)",
            param="name",
            code="name_taken",
        )


def _ancestors(clip: Clip, clips: Clips) -> list[Clip]:
    """The clip and those that it was made from, as far as they are still here."""
    line = [clip]
    while line[-1].parent and len(line) < MOST_ANCESTORS:
        try:
            line.append(clips.get(line[-1].parent))
        except NotFound:
            break
    return line
