"""From a task to its start: what comes before the paid call, the call itself, and clearing away.

`prepare` uploads and publishes, which costs nothing. `submit` makes exactly one call. Everything that
one needs from the other stands in a small JSON object:

    media      id of the uploaded reference picture
    post       the post to remix, where the source is a draft of the account
    published  true if we made that post, so that `tidy` takes it down; one that was there stays
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

from sora_kit.backends.base import InvalidRequest, Task, TransportFailed, UpstreamBroken
from sora_kit.backends.hosted import Balance, Done, Started
from sora_kit.backends.sora_web.account import Quota
from sora_kit.backends.sora_web.calling import File
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.wire import Order, enhance_body, order
from sora_kit.errors import BadMedia
from sora_kit.language.request import Request
from sora_kit.media.sniff import HEAD, sniff

__all__ = ("ANY_POST", "balance", "check", "enhanced", "is_post", "ordered", "prepare", "submit", "tidy")

SPAN = (0.0, 3.0)
"""Seconds of a clip that show the character."""

ANY_POST = "s_" + "0" * 32
"""Stands where a post is not known yet."""

_POST = re.compile(r"s_[0-9a-f]{32}")
_REMIX = re.compile(r"remix [0-9a-f]{12}")
"""The text of a post of ours."""

_GENERATION = re.compile(r"gen_[A-Za-z0-9]+")


def check(request: Request) -> str:
    """Look whether the wire can say a request, whatever its source will be.

    Returns:
        The plan that it needs, or empty for any.

    Raises:
        InvalidRequest: It cannot.
    """
    source = request.source or ""
    if request.kind == "enhance":
        enhance_body(request.prompt, request.level or "medium", request.seconds)
        return ""
    if request.kind == "character":
        if not (source or request.video):
            raise InvalidRequest("A character needs a video", fix="Give a short video", param="video")
        return ""
    if request.kind == "remix" and source and not is_post(source):
        request = request.with_(source=ANY_POST)  # the draft's post will stand here
    if request.kind == "extend" and source and not _GENERATION.fullmatch(source):
        request = request.with_(source="gen_0")
    body = order(request).body
    pro = body.get("model") == "sy_ore" or body.get("size") == "large" or body.get("n_frames") == 750
    return "chatgpt_pro" if pro else ""


async def prepare(web: SoraWeb, task: Task) -> dict[str, Any]:
    """Upload the reference picture, and publish the draft that is to be remixed."""
    prepared: dict[str, Any] = {}
    if task.image is not None and task.request.kind in ("video", "image", "remix"):
        prepared["media"] = await web.images.upload(_file(task.image.read_bytes(), "image"))
    if task.request.kind == "remix" and not is_post(task.request.source):
        # Last, so that nothing is public if anything else fails.
        prepared |= await _post(web, task)
    return prepared


async def submit(web: SoraWeb, task: Task, prepared: Mapping[str, Any]) -> Started:
    """The one call that starts it."""
    request = task.request
    if request.kind == "enhance":
        return Started("", done=await enhanced(web, request))
    if request.kind == "character":
        return Started(await _cameo(web, task))
    made = ordered(task, prepared)
    if request.kind == "image":
        return Started(await web.images.create(made))
    created = await web.videos.create(made)
    return Started(created.task, balance(created.quota))


async def tidy(web: SoraWeb, prepared: Mapping[str, Any]) -> None:
    """Take down the post that `prepare` made."""
    if not prepared.get("published"):
        return
    try:
        await web.posts.delete(str(prepared["post"]))
    except InvalidRequest as error:
        if error.code != "not_found_upstream":  # it is gone already
            raise


def ordered(task: Task, prepared: Mapping[str, Any]) -> Order:
    """The call for a video or picture, its source by the wire's own id.

    Raises:
        InvalidRequest: The wire cannot say that, or the source was not made here.
    """
    request = task.request
    if request.kind == "remix" and (post := prepared.get("post")):
        request = request.with_(source=str(post))
    elif request.kind == "extend":
        request = request.with_(source=_generation(task, "extended"))
    return order(request, str(prepared.get("media") or ""))


def is_post(source: str | None) -> bool:
    """Whether a source is a published video, by its id upstream."""
    return bool(source and _POST.fullmatch(source))


async def enhanced(web: SoraWeb, request: Request) -> Done:
    """The text of an enhancement: the answer to a call that may be repeated."""
    try:
        text = await web.prompts.enhance(request.prompt, request.level or "medium", request.seconds)
    except (TransportFailed, UpstreamBroken) as error:
        error.sent = False  # nothing is bought and nothing goes on running: ask again at once
        raise
    return Done({"text": text})


def balance(quota: Quota | None) -> Balance | None:
    """What is left, by our clock."""
    if quota is None:
        return None
    resets_at = None if quota.resets_in is None else time.time() + quota.resets_in
    return Balance(quota.remaining, quota.exhausted, resets_at)


async def _post(web: SoraWeb, task: Task) -> dict[str, Any]:
    """A post of the draft that is to be remixed: the one that was there, or one of our own.

    Ours says whose it is, so that it is known again if this is repeated; other jobs may remix the same
    draft at the same time, and each takes down its own.
    """
    generation = _generation(task, "remixed")
    ours = f"remix {_digest(task, generation)}"
    draft = await web.videos.draft(generation)
    if draft and draft.post and not _REMIX.fullmatch(draft.post_text):
        return {"post": draft.post, "published": False}
    if draft and draft.post and draft.post_text == ours:
        return {"post": draft.post, "published": True}
    try:
        return {"post": await web.posts.publish(generation, ours), "published": True}
    except (TransportFailed, UpstreamBroken) as error:
        found = await web.videos.draft(generation) if error.sent else None
        if not found or not found.post or (draft and draft.post == found.post):
            raise
        return {"post": found.post, "published": True}


def _digest(task: Task, generation: str) -> str:
    said = f"{generation}/{task.seed}/{task.request.model}/{task.request.prompt}"
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:12]


async def _cameo(web: SoraWeb, task: Task) -> str:
    start, end = _span(task.options.get("span", SPAN))
    source = task.options.get("source") or {}
    if source.get("generation") or _GENERATION.fullmatch(task.request.source or ""):
        return await web.characters.from_generation(_generation(task, "made a character"), start, end)
    if task.video is None:
        raise InvalidRequest(
            "A character needs a video", fix="Give a short video of the person or thing", param="video"
        )
    with task.video.open("rb") as file:
        head = file.read(HEAD)
    form = _file(head, "video")
    return await web.characters.from_video(File(form.name, form.mime, task.video), start, end)


def _generation(task: Task, what: str) -> str:
    """The draft that a request starts from.

    Raises:
        InvalidRequest: It was not made on Sora.
    """
    source = task.options.get("source") or {}
    name = str(source.get("generation") or task.request.source or "")
    if not _GENERATION.fullmatch(name):
        raise InvalidRequest(
            f"Only a video that Sora made can be {what} by Sora",
            why="The source was made elsewhere, or what it is upstream was not kept",
            fix="Use a clip of the Sora backend, or an s_… or gen_… id",
            param="source",
        )
    return name


def _file(data: bytes, stem: str) -> File:
    """A file under its real type and a name that gives nothing away."""
    try:
        form = sniff(data[:HEAD])
    except BadMedia as error:
        raise InvalidRequest(error.what, why=error.why, fix=error.fix, param=stem) from None
    return File(f"{stem}{form.ext}", form.mime, data)


def _span(value: Any) -> tuple[float, float]:
    try:
        start, end = (float(second) for second in value)
    except (TypeError, ValueError):
        start, end = 0.0, 0.0
    if not 0 <= start < end < float("inf"):
        raise InvalidRequest(
            "The part of the clip that shows the character is not understood",
            fix="Give the seconds of its start and end, like (0, 3)",
            param="span",
        )
    return start, end
