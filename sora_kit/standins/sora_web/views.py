"""What the backend shows: tasks, drafts and posts as JSON, in the shape that the web client reads."""

from __future__ import annotations

from typing import Any

from sora_kit.standins.sora_web.account import Account, Post
from sora_kit.standins.sora_web.clock import iso
from sora_kit.standins.sora_web.files import Files
from sora_kit.standins.sora_web.work import Task

__all__ = ("STRANGE", "draft", "image", "pending", "post", "profile")

STRANGE = "reticulating"
"""A status that no client knows, for the fault ``unknown_status``."""

VIOLATION = "This content may violate our guardrails concerning similarity to third-party content."
BROKEN = "Something went wrong while making this video."


def profile(account: Account) -> dict[str, Any]:
    """An account as others see it."""
    return {"user_id": account.user, "username": account.username, "display_name": account.name}


def pending(task: Task, now: float) -> dict[str, Any]:
    """A running video, as ``/nf/pending/v2`` lists it."""
    status = STRANGE if "unknown_status" in task.fates else task.phase(now)
    return {
        "id": task.id,
        "task_type": "video_gen",
        "status": status,
        "progress_pct": task.progress(now),
        "failure_reason": None,
        "prompt": task.prompt,
        "title": task.body.get("title"),
        "generations": [],
        "creation_config": _creation(task),
    }


def draft(
    task: Task, files: Files, now: float, skew: float = 0.0, shown: Post | None = None
) -> dict[str, Any]:
    """A finished video.

    Args:
        task: Whose phase is ``done``.
        files: Signs the links, which live from now.
        now: Unix seconds.
        skew: Seconds by which times are told wrong.
        shown: The post that shows it.
    """
    violates, broken = "sora_content_violation" in task.fates, "sora_error" in task.fates
    reason = VIOLATION if violates else BROKEN if broken else None
    watchable = not (violates or broken or "no_url" in task.fates)
    links = {
        name: files.link(task, name, now + skew) if watchable else None
        for name in ("source", "md", "thumbnail")
    }
    return {
        "id": task.generation,
        "generation_id": task.generation,
        "task_id": task.id,
        "generation_type": "video_gen",
        "kind": "sora_content_violation" if violates else "sora_error" if broken else "sora_draft",
        "reason_str": reason if violates else None,
        "markdown_reason_str": reason if violates else None,
        "error_reason": reason if broken else None,
        "url": links["md"],
        "downloadable_url": links["source"],
        "width": task.width,
        "height": task.height,
        "duration_s": task.seconds,
        "created_at": task.ended + (skew or task.skew),
        "prompt": task.prompt,
        "title": task.body.get("title"),
        "encodings": {name: {"path": link} if link else None for name, link in links.items()},
        "creation_config": _creation(task),
        "can_remix": watchable,
        "can_extend": watchable,
        "can_storyboard": watchable,
        "can_create_character": watchable,
        "has_children": False,
        "storyboard_id": task.body.get("storyboard_id"),
        "post": {"id": shown.id, "text": shown.text, "posted_at": shown.posted + skew} if shown else None,
        "tags": [],
    }


def image(task: Task, files: Files, now: float, skew: float = 0.0) -> dict[str, Any]:
    """A picture's task, as ``/v2/recent_tasks`` lists it."""
    phase = task.phase(now)
    done, failed = phase == "done", phase == "done" and "image_failed" in task.fates
    status = {"queued": "queued", "running": "processing", "done": "succeeded"}.get(phase, "processing")
    if "unknown_status" in task.fates and not done:
        status = STRANGE
    url = None if "no_url" in task.fates else files.link(task, "source", now + skew)
    generation = {
        "id": task.generation,
        "task_id": task.id,
        "task_type": "image_gen",
        "url": url,
        "width": task.width,
        "height": task.height,
        "seed": int(task.id[-6:].encode().hex(), 16) % 2**31,
        "deleted_at": None,
        "download_status": "ready",
        "can_download": url is not None,
    }
    return {
        "id": task.id,
        "status": "failed" if failed else status,
        "progress_pct": task.progress(now),
        "error_message": "Generation failed: the picture could not be made." if failed else None,
        "generations": [generation] if done and not failed else [],
        "prompt": task.prompt,
        "created_at": iso(task.created + (skew or task.skew)),
        "type": "image_gen",
        "operation": task.body["operation"],
        "model": None,
        "quality": "medium",
        "n_variants": 1,
        "width": task.width,
        "height": task.height,
    }


def post(one: Post, owner: Account, files: Files, base: str, now: float, skew: float = 0.0) -> dict[str, Any]:
    """A published video and who published it."""
    task = one.task
    attachment = {
        "id": f"{one.id}-0",
        "kind": "sora",
        "generation_id": task.generation,
        "task_id": task.id,
        "url": files.link(task, "md", now + skew),
        "downloadable_url": files.link(task, "source", now + skew),
        "width": task.width,
        "height": task.height,
        "duration_s": task.seconds,
        "n_frames": task.body.get("n_frames"),
    }
    shown = {
        "id": one.id,
        "text": one.text,
        "permalink": f"{base}/p/{one.id}",
        "posted_at": one.posted + skew,
        "like_count": 0,
        "view_count": 0,
        "remix_count": one.remixes,
        "attachments": [attachment],
        "parent_post_id": task.parent_post,
        "root_post_id": task.parent_post,
        "cameo_profiles": task.cameos,
        "permissions": {"can_remix": True, "share_setting": "public"},
    }
    return {"post": shown, "profile": profile(owner)}


def _creation(task: Task) -> dict[str, Any]:
    style = task.body.get("style_id")
    return {
        "prompt": task.prompt,
        "orientation": task.body.get("orientation"),
        "n_frames": task.body.get("n_frames"),
        "style": {"id": style, "display_name": style.capitalize(), "image_url": None} if style else None,
        "cameo_profiles": task.cameos,
        "remix_target_post": {"id": task.parent_post} if task.parent_post else None,
        "storyboard_id": task.body.get("storyboard_id"),
        "editing_config": None,
    }
