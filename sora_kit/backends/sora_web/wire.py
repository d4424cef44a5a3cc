"""Request bodies: from a `Request` to what the wire wants.

Pure functions. Model, size and length come from the catalogue's model and hold everywhere: a remix
or storyboard of a Pro model is made with that model. Pictures are uploaded before, so bodies name
them by their media id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sora_kit.backends.base import InvalidRequest
from sora_kit.backends.sora_web.site import segment
from sora_kit.language import MODELS, Request, to_prompt

__all__ = ("Order", "enhance_body", "image_order", "order", "storyboard_prompt", "video_order")

FPS = 30
LENGTHS = (10, 15, 25)
"""Seconds of a video that the wire takes."""

_POST = re.compile(r"s_[0-9a-f]{32}")
_GENERATION = re.compile(r"gen_[A-Za-z0-9]+")

_EMPTY = (
    *("storyboard_id", "remix_target_id", "metadata", "cameo_ids", "cameo_replacements"),
    *("audio_caption", "audio_transcript", "video_caption"),
)
"""Fields of a storyboard that are null."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call that starts a task."""

    path: str
    """Under the base."""

    body: dict[str, Any]


def order(request: Request, media_id: str = "") -> Order:
    """The call for any request that makes a video or a picture.

    Args:
        request: What is wanted.
        media_id: Of the reference picture, if there is one, as its upload gave it.

    Raises:
        InvalidRequest: The wire cannot say that.
    """
    if request.kind == "image":
        return image_order(request, media_id)
    if request.kind in ("video", "remix", "extend"):
        return video_order(request, media_id)
    raise InvalidRequest(f"A {request.kind} is no single task", param="kind")


def video_order(request: Request, media_id: str = "") -> Order:
    """The call for a video, storyboard, remix or extension.

    Raises:
        InvalidRequest: The length, shape or source is none that the wire knows.
    """
    if request.kind == "extend":
        return _extension(request)
    model, size = _quality(request)
    body: dict[str, Any] = {
        "kind": "video",
        "prompt": storyboard_prompt(request) if request.shots else request.prompt,
        "orientation": _orientation(request),
        "size": size,
        "n_frames": _frames(request, size),
        "model": model,
        "inpaint_items": [{"kind": "upload", "upload_id": media_id}] if media_id else [],
        "style_id": request.style,
    }
    if request.kind == "remix":
        if not _POST.fullmatch(request.source or ""):
            raise InvalidRequest(
                "Only a published video can be remixed here",
                fix="Give its s_… id or its link",
                param="source",
            )
        # On the wire a remix has no size; a Pro user who asked for the large one still gets it.
        if size == "small":
            del body["size"]
        body |= {"remix_target_id": request.source, "cameo_ids": [], "cameo_replacements": {}}
        return Order("/nf/create", body)
    if request.shots:
        body |= {"title": "Draft your video", **dict.fromkeys(_EMPTY)}
        return Order("/nf/create/storyboard", body)
    return Order("/nf/create", body)


def image_order(request: Request, media_id: str = "") -> Order:
    """The call for a picture, which the wire also calls ``video_gen``."""
    item = {"type": "image", "frame_index": 0, "upload_media_id": media_id}
    return Order(
        "/video_gen",
        {
            "type": "image_gen",
            "operation": "remix" if media_id else "simple_compose",
            # Pictures have no field for a style: its tag stays in the text.
            "prompt": to_prompt(request),
            "width": request.width,
            "height": request.height,
            "n_variants": 1,
            "n_frames": 1,
            "inpaint_items": [item] if media_id else [],
        },
    )


def enhance_body(prompt: str, level: str, seconds: float) -> dict[str, Any]:
    """The body that asks for a longer prompt.

    Raises:
        InvalidRequest: The level or length is none that the wire knows.
    """
    if level not in ("short", "medium", "long") or seconds not in (10, 15, 20):
        raise InvalidRequest(
            f"Prompts are not enhanced to {level!r} for {seconds:g} s here",
            fix="Use short, medium or long, for 10, 15 or 20 s",
            param="model",
        )
    return {"prompt": prompt, "expansion_level": level, "duration_s": int(seconds)}


def storyboard_prompt(request: Request) -> str:
    """A storyboard as the wire's text: numbered shots, then what holds for all of them."""
    shots = "\n\n".join(
        f"Shot {i}:\nduration: {shot.seconds}sec\nScene: {shot.text.strip()}"
        for i, shot in enumerate(request.shots, 1)
    )
    instruction = request.prompt.strip()
    return f"current timeline:\n{shots}\n\ninstructions:\n{instruction}" if instruction else shots


def _extension(request: Request) -> Order:
    source = request.source or ""
    if not _GENERATION.fullmatch(source):
        raise InvalidRequest("Only a draft can be extended here", fix="Give its gen_… id", param="source")
    if request.seconds not in (10, 15):
        raise InvalidRequest(
            f"A video is not extended by {request.seconds:g} s here", fix="Use 10 or 15 s", param="seconds"
        )
    return Order(
        f"/project_y/profile/drafts/{segment(source)}/long_video_extension",
        {
            "user_prompt": storyboard_prompt(request) if request.shots else request.prompt,
            "extension_duration_s": int(request.seconds),
            "enable_rewrite": True,
        },
    )


def _quality(request: Request) -> tuple[str, str]:
    """Model and size in the wire's words."""
    model = MODELS.get(request.model)
    if model is None or model.kind != "video":
        raise InvalidRequest(f"{request.model!r} makes no video here", fix="Use a video model", param="model")
    if model.tier == "standard":
        return "sy_8", "small"
    # OpenAI's Pro model has both sizes under one name.
    large = model.tier == "pro-hd" or max(request.width, request.height) > 1280
    return "sy_ore", "large" if large else "small"


def _orientation(request: Request) -> str:
    if request.width == request.height:
        raise InvalidRequest(
            "Square videos are not made here", fix="Use a landscape or portrait size", param="size"
        )
    return "landscape" if request.width > request.height else "portrait"


def _frames(request: Request, size: str) -> int:
    lengths = LENGTHS[:2] if size == "large" else LENGTHS
    model = MODELS[request.model]
    # A storyboard's request is as long as its shots; the wire wants the length of the model.
    seconds = model.seconds if request.shots and model.readme else request.seconds
    if seconds not in lengths:
        *rest, last = (str(n) for n in lengths)
        raise InvalidRequest(
            f"Videos of {seconds:g} s are not made here in this size",
            fix=f"Use {', '.join(rest)} or {last} s",
            param="seconds",
        )
    return int(seconds) * FPS
