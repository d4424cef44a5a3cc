"""From chat messages to one wish.

A chat sends the whole conversation each time; only its last *user* message is the prompt, with the
pictures in it. All its text parts count, and a picture may be a data URL or an address on the web. What
cannot be used is refused by name rather than dropped: a video made without the picture that somebody
attached costs as much and helps nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_kit.errors import InvalidInput
from sora_kit.server import fields
from sora_kit.server.bodies import Tree

__all__ = ("Turn", "read_turn")


@dataclass(frozen=True, slots=True)
class Turn:
    """The last user message."""

    prompt: str
    image: fields.Medium | None = None
    video: fields.Medium | None = None
    source: str = ""
    """Id of the video to remix or extend, from the non-standard ``remix_target_id``."""


def read_turn(body: Tree) -> Turn:
    """The wish in a chat completion's body.

    Raises:
        InvalidInput: There is no user message, its content is neither text nor parts, or it holds
            several pictures or clips.
    """
    content = _last_user_content(body.get("messages"))
    texts: list[str] = []
    images: list[Any] = []
    videos: list[Any] = []
    if isinstance(content, str):
        texts.append(content)
    else:
        for part in content:
            _sort(part, texts, images, videos)
    image = (
        fields.media({"image": _only(images, "pictures")}, "image") if images else fields.media(body, "image")
    )
    video = (
        fields.media({"video": _only(videos, "clips")}, "video") if videos else fields.media(body, "video")
    )
    return Turn("\n".join(text for text in texts if text), image, video, fields.text(body, "remix_target_id"))


def _last_user_content(messages: Any) -> str | list[Any]:
    messages = fields.unpacked(messages)
    if not isinstance(messages, list):
        raise InvalidInput(
            "The messages are missing",
            fix="Send a list of messages",
            param="messages",
            code="missing_required_parameter",
        )
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str | list):
                return content
            break
    raise InvalidInput(
        "There is no user message with a content",
        fix='Send {"role": "user", "content": "a cat"} as the last message',
        param="messages",
    )


def _sort(part: Any, texts: list[str], images: list[Any], videos: list[Any]) -> None:
    """Put one part of a message where it belongs."""
    if isinstance(part, str):
        texts.append(part)
        return
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("text", "input_text") and isinstance(part.get("text"), str):
        texts.append(part["text"])
    elif kind in ("image_url", "input_image") and part.get("image_url"):
        images.append(part["image_url"])
    elif kind == "video_url" and part.get("video_url"):
        videos.append(part["video_url"])
    elif kind == "file" and isinstance(part.get("file"), dict):
        data = str(part["file"].get("file_data") or "")
        (videos if data.startswith("data:video/") else images).append(part["file"])
    else:
        raise InvalidInput(
            f"A part of type {str(kind)[:40]!r} cannot be used",
            fix="Send text, image_url and video_url parts",
            param="messages",
        )


def _only(found: list[Any], what: str) -> Any:
    if len(found) > 1:
        raise InvalidInput(
            f"The message has {len(found)} {what}", why="One can be used", fix="Send one", param="messages"
        )
    return found[0]
