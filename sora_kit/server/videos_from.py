"""Videos made of a video: ``remix``, ``edits`` and ``extensions``.

A remix and an edit are the same thing, a variation; the first names its source in the path, the second
in the body, where it may also be a clip. An extension answers with both parts as one video.

A clip that comes with the call is stored first, because what is made of it depends on its size and
length. Everything that can be said without looking at it is said before.
"""

from __future__ import annotations

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.errors import InvalidInput
from sora_kit.language.request import Kind, MediaRef, Request
from sora_kit.planning import Plan
from sora_kit.server import fields
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.repeats import key_of
from sora_kit.server.video_answers import REFERENCE, VideoAnswer, again, checked, started
from sora_kit.server.video_wishes import Shape, Source, finished, read_source, read_wish
from sora_kit.server.visible import Wire
from sora_kit.studio import Studio

__all__ = ("edit_video", "extend_video", "remix_video")


@post("/v1/videos/{video:str}/remix", status_code=200, tags=["Videos"], summary="Remix a video")
async def remix_video(request: Wire, studio: NamedDependency[Studio], video: FromPath[str]) -> VideoAnswer:
    """Make a variation of a finished video, as long and as large unless the body says otherwise."""
    body = await read_body(request)
    if known := again(request, studio, key := await key_of(studio, request, body)):
        return known
    source = Source(clip=finished(studio, request, video, "video_id"))
    return await _made_of(request, studio, body, "remix", source, key)


@post("/v1/videos/edits", status_code=200, tags=["Videos"], summary="Edit a video")
async def edit_video(request: Wire, studio: NamedDependency[Studio]) -> VideoAnswer:
    """Make a variation of a finished video, or of a clip that comes with the call."""
    body = await read_body(request)
    if known := again(request, studio, key := await key_of(studio, request, body)):
        return known
    return await _made_of(request, studio, body, "remix", read_source(studio, request, body), key)


@post("/v1/videos/extensions", status_code=200, tags=["Videos"], summary="Extend a video")
async def extend_video(request: Wire, studio: NamedDependency[Studio]) -> VideoAnswer:
    """Continue a finished video, or a clip that comes with the call, by ``seconds``."""
    body = await read_body(request)
    if known := again(request, studio, key := await key_of(studio, request, body)):
        return known
    if fields.media(body, *REFERENCE) is not None:
        raise InvalidInput(
            "An extension takes no picture",
            why="It goes on from the last frame of its video",
            fix="Leave the picture out, or edit the video",
            param="input_reference",
            code="not_supported",
        )
    return await _made_of(request, studio, body, "extend", read_source(studio, request, body), key)


async def _made_of(
    request: Wire, studio: Studio, body: Tree, kind: Kind, source: Source, key: str | None
) -> VideoAnswer:
    if source.given is not None:
        wish = await _of_upload(request, studio, body, kind, source.given)
    else:
        like = Shape.of_clip(source.clip) if source.clip is not None else None
        wish = read_wish(studio, request, body, kind=kind, source=source.id, like=like)
        checked(studio, request, wish)
    return await started(request, studio, body, wish, key)


async def _of_upload(request: Wire, studio: Studio, body: Tree, kind: Kind, given: fields.Medium) -> Request:
    """What is asked for of a clip that came with the call; the clip is stored."""
    from sora_kit.media.check import acheck_video

    first = read_wish(studio, request, body, kind=kind, video=MediaRef())
    _must_use_it(checked(studio, request, first))
    stored = await attach(studio, given, "video")
    assert stored is not None  # noqa: S101 (it is there)
    stored = await studio.intake.thing(stored, "video")  # reads a link
    like = Shape.of_file(await acheck_video(studio.workspace.media.find(stored.sha256)))
    wish = read_wish(studio, request, body, kind=kind, video=stored, like=like)
    if kind == "extend":
        wish = await studio.within_clip(wish)
    checked(studio, request, wish)
    return wish


def _must_use_it(plan: Plan) -> None:
    """Refuse a plan in which nothing is left of the clip: it would buy something else.

    Raises:
        InvalidInput: The backend cannot start from a file.
    """
    made = [step.request for step in plan.steps if step.request is not None]
    if plan.request.kind == "remix" and not any(request.kind == "remix" for request in made):
        raise InvalidInput(
            f"The backend {plan.backend!r} cannot edit a clip that was not made there",
            why="It knows its own videos by their ids and cannot start from a file",
            fix="Send the id of one of its videos, continue the clip with /v1/videos/extensions, "
            "or start a new video on a picture of it with input_reference",
            param="video",
            code="not_supported",
        )
