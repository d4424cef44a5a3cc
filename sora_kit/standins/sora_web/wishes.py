"""Reading what shall be made, strictly: a client that sends a wrong field learns it here.

Upstream's own words for such refusals are unknown; see `sora_kit.standins.sora_web.refusals`.
"""

from __future__ import annotations

import re
from typing import Any

from sora_kit.standins.sora_web.account import Account
from sora_kit.standins.sora_web.refusals import invalid, missing, refusal
from sora_kit.standins.sora_web.world import World

__all__ = (
    "MOST_CAMEOS",
    "STYLES",
    "check_image",
    "check_plan",
    "check_video",
    "extent",
    "mentions",
    "remixed",
)

KINDS_OF_MODEL = ("sy_8", "sy_8_20251208", "sy_ore")
ORIENTATIONS = ("landscape", "portrait", "square")
SIZES = ("small", "medium", "large")
FRAMES = (150, 300, 450, 600, 750)
STYLES = (
    *("festive", "kakalaka", "news", "selfie", "handheld", "golden", "anime", "retro", "nostalgic", "comic"),
    *("high_def", "kpop", "cartoon2", "selfie3", "animated", "sitcom"),
)
MOST_CAMEOS = 3
MOST_PIXELS = 2048

FRAMES_PER_SECOND = 30  # the protocol's unit of length, not the rate of the stand-in's files

_MENTION = re.compile(r"@([\w.]+)")


def check_video(world: World, account: Account, body: dict[str, Any]) -> None:
    """Look at the body of ``/nf/create`` or ``/nf/create/storyboard``.

    Raises:
        Refusal: 400 for a field, 403 for what the plan does not include, 404 for a thing of others.
    """
    _one_of(body, "kind", ("video",))
    _prompt(body, "prompt")
    _one_of(body, "orientation", ORIENTATIONS)
    _one_of(body, "n_frames", FRAMES)
    _one_of(body, "model", KINDS_OF_MODEL)
    if "size" in body:
        _one_of(body, "size", SIZES)
    if body.get("style_id") is not None:
        _one_of(body, "style_id", STYLES)
    for item in _items(body):
        known = isinstance(item, dict) and item.get("kind") == "upload"
        _uploaded(world, account, item.get("upload_id") if known else None)
    check_plan(account, body)


def check_image(world: World, account: Account, body: dict[str, Any]) -> None:
    """Look at the body of ``/video_gen``, which makes pictures.

    Raises:
        Refusal: 400 for a field, 404 for an upload of others.
    """
    _one_of(body, "type", ("image_gen",))
    _one_of(body, "n_variants", (1,))
    _one_of(body, "n_frames", (1,))
    _prompt(body, "prompt")
    for name in ("width", "height"):
        side = body.get(name)
        if not isinstance(side, int) or isinstance(side, bool) or not 16 <= side <= MOST_PIXELS:
            raise invalid(name, f"{name} must be 16 to {MOST_PIXELS}")
    items = _items(body)
    _one_of(body, "operation", ("remix",) if items else ("simple_compose",))
    for item in items:
        known = isinstance(item, dict) and item.get("type") == "image"
        _uploaded(world, account, item.get("upload_media_id") if known else None)


def check_plan(account: Account, body: dict[str, Any]) -> None:
    """25 seconds, the pro model and the large size need the pro plan.

    Raises:
        Refusal: 403 ``plan_not_allowed``.
    """
    if account.plan == "chatgpt_pro":
        return
    for name, value in (("n_frames", 750), ("model", "sy_ore"), ("size", "large")):
        if body.get(name) == value:
            raise refusal("plan_not_allowed", param=name)


def extent(body: dict[str, Any]) -> tuple[int, int, float]:
    """Width and height in pixels of the stand-in's file, and its length in seconds.

    The files are small on purpose; ``large`` is twice ``small``, as upstream's is.
    """
    long, short = (320, 180) if body.get("size") == "large" else (160, 90)
    width, height = {"portrait": (short, long), "square": (short, short)}.get(
        body["orientation"], (long, short)
    )
    return width, height, body["n_frames"] / FRAMES_PER_SECOND


def mentions(world: World, account: Account, prompt: str) -> list[dict[str, Any]]:
    """The characters that a prompt names as ``@username``: public ones and the account's own.

    Other names are just words.

    Raises:
        Refusal: 400: more than `MOST_CAMEOS`.
    """
    known = {
        name: cameo
        for name, cameo in world.characters().items()
        if cameo.visibility == "public" or cameo.id in account.cameos
    }
    named = dict.fromkeys(name.rstrip(".").lower() for name in _MENTION.findall(prompt))
    found = [known[name] for name in named if name in known]
    if len(found) > MOST_CAMEOS:
        raise invalid("prompt", f"at most {MOST_CAMEOS} characters can be in one video")
    return [
        {"character_id": c.character, "username": c.username, "display_name": c.display_name} for c in found
    ]


def remixed(world: World, body: dict[str, Any]) -> str | None:
    """The post that a video remixes, of whatever account; None if it is no remix.

    Raises:
        Refusal: 404: there is no such post.
    """
    target = body.get("remix_target_id")
    if target is None:
        return None
    if not isinstance(target, str) or target not in world.posts:
        raise missing("Post")
    return target


def _prompt(body: dict[str, Any], name: str) -> None:
    if not isinstance(body.get(name), str) or not body[name].strip():
        raise invalid(name, f"{name} must be text")


def _one_of(body: dict[str, Any], name: str, allowed: tuple[Any, ...]) -> None:
    value = body.get(name)
    if isinstance(value, bool) or value not in allowed:
        raise invalid(name, f"{name} must be one of {', '.join(map(str, allowed))}")


def _items(body: dict[str, Any]) -> list[Any]:
    items = body.get("inpaint_items")
    if not isinstance(items, list):
        raise invalid("inpaint_items", "inpaint_items must be a list")
    return items


def _uploaded(world: World, account: Account, media: Any) -> None:
    if not isinstance(media, str):
        raise invalid("inpaint_items", "an item must name an upload")
    if not any(media in owner.uploads for owner in world.reach(account)):
        raise missing("Upload")
