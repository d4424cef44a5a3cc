"""What the body of a ``/v1/videos`` route asks for, as a `Request`.

One reading for all of them: a new video, a variation of one (remix and edit) and a continuation. What a
variation or continuation is made *of* (`Source`) is an own video, one that only its backend knows, or a
clip that came with the call; model, size and length are that one's unless the body says otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.catalogue import MODELS, Model, find_model, models_for
from sora_kit.language.parser import parse
from sora_kit.language.request import Kind, MediaRef, Request
from sora_kit.language.tags import find_posts
from sora_kit.server import fields
from sora_kit.server.bodies import Tree
from sora_kit.server.roles import with_characters
from sora_kit.server.video_object import clip_of
from sora_kit.server.visible import Wire, owner_of, record_of
from sora_kit.studio.sources import is_foreign

if TYPE_CHECKING:
    from sora_kit.media.probe import Probe
    from sora_kit.store import Clip
    from sora_kit.studio import Studio

__all__ = ("VIDEO", "Shape", "Source", "read_source", "read_wish")

VIDEO = ("video", "video_id", "video_url", "video_reference", "source_video")
"""The field of the video that another is made of, and what relays and other servers call it."""

OURS = re.compile(r"(?:video|job|clip)_[0-9A-Za-z]{1,40}")

SAME = 0.25
"""A file is rarely as long, to the frame, as what its model is called."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Model, size in pixels and length in seconds of a video; zeros where nobody knows."""

    model: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0

    @classmethod
    def of_clip(cls, clip: Clip) -> Shape:
        """Of an own video: as it was asked for, where its file says about the same."""
        asked = clip.request
        exact = asked.kind != "extend" and abs(asked.seconds - clip.seconds) <= SAME
        seconds = asked.seconds if exact else clip.seconds
        near = abs(asked.width - clip.width) + abs(asked.height - clip.height) <= 32
        size = (asked.width, asked.height) if near else (clip.width, clip.height)
        return cls(asked.model, *size, seconds)

    @classmethod
    def of_file(cls, found: Probe) -> Shape:
        """Of a clip that came with the call."""
        return cls("", found.width, found.height, found.seconds)


@dataclass(frozen=True, slots=True)
class Source:
    """What a video is made of. One of the three is set."""

    clip: Clip | None = None
    """An own video."""
    name: str = ""
    """Sora's own id or link of a video that need not be here."""
    given: fields.Medium | None = None
    """A clip that came with the call, or its address."""

    @property
    def id(self) -> str | None:
        """What a request calls it."""
        return self.clip.id if self.clip is not None else self.name or None


def read_source(studio: Studio, request: Wire, body: Tree) -> Source:
    """The video that a body is about, in any shape: a file, a URL, an id, or an object with one of them.

    Raises:
        InvalidInput: There is none, or it is no video.
        NotFound: There is no such video, or it is not ready.
    """
    named = fields.named(body, *VIDEO)
    if named is None:
        given = fields.media(body, *VIDEO)
        if given is None:
            raise InvalidInput(
                "The field 'video' is missing",
                fix='Send a file, or {"id": …} of a video from GET /v1/videos',
                param="video",
                code="missing_required_parameter",
            )
        if not (isinstance(given, str) and find_posts(given)):
            return Source(given=given)
        named = given
    if OURS.fullmatch(named):
        return Source(clip=finished(studio, request, named))
    if is_foreign(named) or find_posts(named):
        return Source(name=named)
    raise InvalidInput(
        f"{named[:80]!r} is not the id of a video",
        why="A file that was uploaded elsewhere cannot be used: this server has no Files API",
        fix="Send the file itself, its URL, or an id from GET /v1/videos",
        param="video",
        code="not_supported",
    )


def finished(studio: Studio, request: Wire, wanted: str, param: str = "video") -> Clip:
    """The result of a video that the caller may see.

    Raises:
        NotFound: There is none, or it has no result yet.
        InvalidInput: It failed.
    """
    record = record_of(studio, request, wanted, param=param)
    if clip := clip_of(studio, record):
        return clip
    if not record.done:
        raise NotFound(
            f"{wanted[:80]} has no result yet",
            why=f"It is at {int(record.progress)}%",
            fix="Wait until its status is completed",
            param=param,
            code="video_not_ready",
        )
    raise InvalidInput(
        f"{wanted[:80]} has no result",
        why="It failed",
        fix="Choose another video",
        param=param,
        code="no_result",
    )


def read_wish(
    studio: Studio,
    request: Wire,
    body: Tree,
    *,
    kind: Kind | None = None,
    source: str | None = None,
    video: MediaRef | None = None,
    like: Shape | None = None,
) -> Request:
    """What is asked for, without its picture.

    Args:
        studio: Where.
        request: The call.
        body: Its body.
        kind: ``remix`` or ``extend``; None follows from the model and the text.
        source: Id of what it is made of.
        video: The clip that it is made of, where that came with the call.
        like: What it takes over from there.

    Raises:
        InvalidInput: Something does not fit.
    """
    seconds, size = fields.number(body, "seconds"), fields.size(body)
    named = fields.text(body, "model").strip()
    if kind == "extend":
        model, size = _extending(named, seconds, like), None  # as large as what it continues
    else:
        model = find_model(named) if named else _video_model(like)
    if like is not None and size is None and kind != "extend":
        size = _size_like(model, like)
    wish = parse(
        with_characters(fields.text(body, "prompt", required=True), body, studio, owner_of(request)),
        model=model,
        kind=kind,
        style=fields.text(body, "style") or None,
        seconds=seconds,
        size=size,
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1),
        backend=fields.text(body, "backend") or None,
        source=source,
        video=video,
    )
    if kind == "extend":
        return wish.with_(width=0, height=0)
    if like is not None and seconds is None and not wish.shots:
        return wish.with_(seconds=_seconds_like(model, like))
    return wish


def _video_model(like: Shape | None) -> Model:
    """The model of a variation: that of what it varies; an extension's would extend again."""
    model = MODELS.get(like.model) if like is not None else None
    return model if model is not None and model.kind == "video" else MODELS["sora-2"]


def _extending(named: str, seconds: float | None, like: Shape | None) -> Model:
    """The model of a continuation: the one that is named, the source's, or one that has the length."""
    if named:
        model = find_model(named)
        if seconds is None and len(model.lengths) != 1:
            raise _no_seconds()
        return model
    if seconds is None:
        raise _no_seconds()
    own = MODELS.get(like.model) if like is not None else None
    usual = (own if own is not None and own.kind == "video" else None, MODELS["sora-2"])
    fitting = [model for model in (*usual, *models_for("extend")) if model and seconds in model.lengths]
    return fitting[0] if fitting else MODELS["sora-2"]


def _no_seconds() -> InvalidInput:
    return InvalidInput(
        "The field 'seconds' is missing",
        why="It is the length of the new part",
        fix="Send 4, 8, 12, 16 or 20, or 10 or 15",
        param="seconds",
        code="missing_required_parameter",
    )


def _size_like(model: Model, like: Shape) -> str | None:
    """The size that a model makes of the source's: the same, or the first of the same shape."""
    tall = like.height > like.width
    same = [size for size in model.sizes if (size[1] > size[0]) == tall]
    size = (like.width, like.height) if (like.width, like.height) in model.sizes else next(iter(same), None)
    return f"{size[0]}x{size[1]}" if size and like.width else None


def _seconds_like(model: Model, like: Shape) -> float:
    """The longest length of a model that is no longer than the source."""
    fitting = [length for length in sorted(model.lengths) if length <= like.seconds + SAME]
    return fitting[-1] if fitting else model.seconds
