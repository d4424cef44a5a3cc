"""How tasks stand: one call for each list that has any of them, however many there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from sora_kit.backends.base import AuthExpired, BackendError, InvalidRequest, Task
from sora_kit.backends.hosted import Done, Ended, Missing, Running, Status
from sora_kit.backends.sora_web import watching
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.errors import is_refusal, refused
from sora_kit.backends.sora_web.finding import upstream_since
from sora_kit.backends.sora_web.starting import enhanced
from sora_kit.language.request import Request

__all__ = ("look",)

_QUEUED = frozenset({"queued", "pending", "preprocessing", "submitted"})
_NO_FIGURE = "Use a clip in which the person or thing is well seen for three seconds"


async def look(web: SoraWeb, tasks: Mapping[str, Task], since: float) -> dict[str, Status]:
    """How they stand; those of which nothing could be told this time are left out.

    Raises:
        AuthExpired: The account's token is no longer accepted.
        BackendError: Any of the other failures, if nothing can be told of any task.
    """
    if not tasks:
        return {}
    videos = [name for name, task in tasks.items() if task.request.kind in ("video", "remix", "extend")]
    images = [name for name, task in tasks.items() if task.request.kind == "image"]
    cameos = [name for name, task in tasks.items() if task.request.kind == "character"]
    asked: list[Callable[[], Awaitable[dict[str, Status]]]] = []
    if videos:
        asked.append(partial(_videos, web, videos, since))
    if images:
        asked.append(partial(_images, web, images))
    # An enhancement is no task. Whoever looks for one has lost the answer, and gets another.
    prompts = {name: task.request for name, task in tasks.items() if task.request.kind == "enhance"}
    asked += [partial(_enhanced, web, *one) for one in prompts.items()]
    asked += [partial(_cameo, web, name) for name in cameos]
    told: dict[str, Status] = {}
    failed: BackendError | None = None
    for ask in asked:
        try:
            told |= await ask()
        except AuthExpired:
            raise
        except BackendError as error:
            failed = failed or error
    if failed is not None and not told:
        raise failed
    return told


async def _videos(web: SoraWeb, names: list[str], since: float) -> dict[str, Status]:
    # Pending first: what ends in between is then a draft already.
    pending = await web.videos.pending()
    running = {item.task for item in pending}
    drafts: tuple[Any, ...] = ()
    if ended := [name for name in names if name not in running]:
        drafts = (await web.videos.drafts(ended, since=upstream_since(web, since))).items
    states = watching.video_states(names, pending, drafts)
    return {name: _status(name, state) for name, state in states.items()}


async def _images(web: SoraWeb, names: list[str]) -> dict[str, Status]:
    recent = await web.images.recent(names)
    return {name: _status(name, state) for name, state in watching.image_states(names, recent).items()}


async def _enhanced(web: SoraWeb, name: str, request: Request) -> dict[str, Status]:
    return {name: await enhanced(web, request)}


async def _cameo(web: SoraWeb, name: str) -> dict[str, Status]:
    try:
        cameo = await web.characters.cameo(name)
    except InvalidRequest as error:
        if error.code == "not_found_upstream":
            return {name: Missing()}
        raise
    if cameo.state == "ready":
        return {name: Done({"cameo": name})}
    if cameo.state == "failed":
        words = cameo.message
        return {name: Ended(refused(words) if is_refusal(words) else _no_character(words))}
    return {name: Running(None, "Looking at the clip")}


def _no_character(why: str) -> BackendError:
    return InvalidRequest("Sora could not make a character from this clip", why=why, fix=_NO_FIGURE)


def _status(name: str, state: watching.State) -> Status:
    match state:
        case watching.Running(progress, word):
            stage = "Waiting at Sora" if word in _QUEUED else "Being made at Sora"
            return Running(None if progress is None else progress * 100, stage)
        case watching.Gap(generation):
            # A draft without a file is not lost: the file is still to come.
            return Running(None, "Waiting for the file") if generation else Missing()
        case watching.Done():
            return Done(
                {
                    "task": name,
                    "generation": state.generation,
                    "url": state.url,
                    "width": state.width,
                    "height": state.height,
                    "seconds": state.seconds,
                }
            )
        case _:
            return Ended(watching.failure(state))
