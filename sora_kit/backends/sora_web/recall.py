"""What a list tells of how a task was ordered, and whether that is what we sent.

When the answer to a paid call is lost, the task may run nevertheless. Nothing in it names our call:
the wire has no idempotency key. But most deployments show a task's prompt and parameters, so it can be
recognised. Every field may be missing, hence three answers: the same, another one, or not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_kit.backends.sora_web.answers import MOST_TEXT, number, text, whole
from sora_kit.backends.sora_web.wire import Order

__all__ = ("NOTHING", "Told", "read_told", "same", "shape")


@dataclass(frozen=True, slots=True)
class Told:
    """How a task was ordered, as far as its list tells it."""

    prompts: tuple[str, ...] = ()
    """As ordered, and as rewritten if that is told, too."""

    orientation: str = ""
    """``landscape``, ``portrait``, ``square`` or empty."""

    n_frames: int | None = None
    style: str = ""
    """Empty means that it is not told, or that there is none."""

    remix_of: str = ""
    """The post that it remixes, or empty as for the style."""


NOTHING = Told()


def read_told(item: Any) -> Told:
    """From one item of any list; never raises."""
    config = "creation_config"
    prompts = (text(item, config, "prompt"), text(item, "prompt"), text(item, "user_prompt"))
    return Told(
        prompts=tuple(dict.fromkeys(filter(None, prompts))),
        orientation=text(item, config, "orientation").lower(),
        n_frames=whole(item, config, "n_frames"),
        style=text(item, config, "style", "id"),
        remix_of=text(item, config, "remix_target_post", "id"),
    )


def shape(item: Any) -> str:
    """The orientation that a picture's size means; empty if there is no size."""
    width, height = number(item, "width") or 0, number(item, "height") or 0
    if width <= 0 or height <= 0:
        return ""
    return "square" if width == height else "landscape" if width > height else "portrait"


def same(order: Order, told: Told) -> bool | None:
    """Whether a task was made by that order.

    Returns:
        True if all that is told agrees with it, False if something does not, None if too little is
        told: no prompt, or the prompt of an extension, which upstream is asked to rewrite.
    """
    body = order.body
    orientation = body.get("orientation") or shape(body)
    if told.orientation and orientation and told.orientation != orientation:
        return False
    frames = body.get("n_frames")
    if told.n_frames and frames and body.get("kind") == "video" and told.n_frames != frames:
        return False
    if told.style and told.style != body.get("style_id"):
        return False
    if told.remix_of and told.remix_of != body.get("remix_target_id"):
        return False
    if not told.prompts:
        return None
    sent = _words(str(body.get("prompt") or body.get("user_prompt") or ""))
    if sent in {_words(prompt) for prompt in told.prompts}:
        # A style that was sent and is not told leaves a doubt: the same words may have gone without.
        return None if body.get("style_id") and not told.style else True
    return None if "enable_rewrite" in body else False


def _words(prompt: str) -> str:
    return " ".join(prompt[:MOST_TEXT].split())
