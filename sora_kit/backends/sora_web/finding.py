"""Finding a task whose submission was never answered.

A video is pending, or a draft, or for a moment in neither list; a picture is in one list all its life.
So: pending first, then drafts, back to a while before the submission. Times are the deployment's, told
by our clock through the ``Date`` header of its answers; a clock that is wrong must not hide a task that
was paid for, hence generous limits: what remains in doubt is shown, and others decide.
"""

from __future__ import annotations

from dataclasses import replace

from sora_kit.backends.base import Task
from sora_kit.backends.hosted import Found
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.recall import Told, same
from sora_kit.backends.sora_web.starting import ANY_POST, is_post, ordered

__all__ = ("find", "upstream_since")

LEEWAY = 3 * 3600.0
"""Seconds before ``since`` that count as after it, where the deployment's clock is known: the server that
took the submission may have another one than the server that lists it."""

BLIND = 26 * 3600.0
"""The same where it is not: every time zone, and its summer time."""


async def find(web: SoraWeb, task: Task, since: float) -> list[Found] | None:
    """Tasks that may be this submission; those that certainly are another one are marked, not left out."""
    kind = task.request.kind
    if kind == "character":
        return None  # cameos are in no list
    if kind == "enhance":
        return []  # the answer is all there is; nothing goes on running
    # The post of a draft of ours is known to `prepare` only, so it is not compared.
    posted = kind == "remix" and not is_post(task.request.source)
    made = ordered(task, {"post": ANY_POST} if posted else {})
    seen: list[tuple[str, float | None, Told]] = []
    if kind == "image":
        recent = await web.images.recent()
        line = upstream_since(web, since)
        if all(item.created_at is None or item.created_at >= line for item in recent):
            recent = await web.images.recent(since=line)
        seen = [(item.id, item.created_at, item.told) for item in recent]
    else:
        pending = await web.videos.pending()
        line = upstream_since(web, since)
        drafts = await web.videos.drafts(since=line)
        seen = [(item.task, item.created_at, item.told) for item in pending]
        seen += [(item.task, item.created_at, item.told) for item in drafts.items]
    found: dict[str, Found] = {}
    for name, created, told in seen:
        if name and name not in found and not (created is not None and created < line):
            ours = None if created is None else created - (web.ahead or 0.0)
            found[name] = Found(name, ours, same(made, replace(told, remix_of="") if posted else told))
    return list(found.values())


def upstream_since(web: SoraWeb, since: float) -> float:
    """A moment of ours on the deployment's clock, early enough to miss nothing."""
    return since - BLIND if web.ahead is None else since + web.ahead - LEEWAY
