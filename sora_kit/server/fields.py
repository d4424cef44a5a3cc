"""Reading single values out of a body's tree, leniently in form and strictly in meaning.

Form fields are text, so ``"8"``, ``8`` and ``8.0`` are the same length. A value that cannot be
understood is refused by name (`InvalidInput` with ``param``) rather than replaced by a default:
guessing wrong would make, and perhaps buy, something else than was asked for. Unknown fields are
ignored.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from pathlib import Path
from typing import Any

import msgspec

from sora_kit.errors import BadMedia, InvalidInput
from sora_kit.server.bodies import Tree, Upload

__all__ = ("Medium", "flag", "media", "named", "number", "size", "text", "unpacked", "whole")

Medium = bytes | str | Path
"""A picture or clip as it came: its bytes, its address, or a file of the request."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})
_SIZE = re.compile(r"\s*([0-9]{1,5})\s*[x×*]\s*([0-9]{1,5})\s*", re.ASCII | re.IGNORECASE)
_URL = ("http://", "https://", "data:")
_NAME = re.compile(r"[A-Za-z]{1,10}[_-][\w-]{1,90}", re.ASCII)
"""An id such as ``video_01…``; no base64 has such a character in it."""


def text(tree: Tree, name: str, *, required: bool = False) -> str:
    """A text field, ``""`` if it is missing or null.

    Raises:
        InvalidInput: It is something else than text or a number, or missing and required.
    """
    value = tree.get(name)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if value is not None:
        raise _wrong(name, "a text")
    if required:
        raise InvalidInput(
            f"The field {name!r} is missing",
            param=name,
            code="missing_required_parameter",
            fix=f"Send {name!r}",
        )
    return ""


def number(tree: Tree, name: str) -> float | None:
    """A finite number, sent as a number or as text such as ``"8"`` or ``"8s"``."""
    value = tree.get(name)
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "auto")):
        return None
    if isinstance(value, bool):
        raise _wrong(name, "a number")
    try:
        found = float(value.strip().lower().removesuffix("s") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, "a number") from None
    if not math.isfinite(found):
        raise _wrong(name, "a finite number")
    return found


def whole(tree: Tree, name: str, *, low: int, high: int) -> int | None:
    """A whole number from ``low`` to ``high``."""
    found = number(tree, name)
    if found is None:
        return None
    if found != int(found) or not low <= found <= high:
        raise _wrong(name, f"a whole number from {low} to {high}")
    return int(found)


def flag(tree: Tree, name: str) -> bool:
    """True or false; false if missing."""
    value = tree.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _wrong(name, "true or false")


def size(tree: Tree, name: str = "size") -> str | None:
    """A size as ``WxH``; other words (``16:9``, ``720p``) go on as they are. None for "auto"."""
    value = text(tree, name).strip()
    if value.lower() in ("", "auto"):
        return None
    found = _SIZE.fullmatch(value)
    return f"{int(found[1])}x{int(found[2])}" if found else value


def unpacked(value: Any) -> Any:
    """A form field that may hold JSON text, as the object or list that it means."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def media(tree: Tree, *names: str) -> Medium | None:
    """A picture or clip in any of the shapes that clients send.

    A file part, a URL or data URL, bare base64, ``{"image_url": …}``, ``{"url": …}``, ``{"video_url":
    …}``, one of these as JSON text or inside another.

    Args:
        tree: The body.
        names: The field and its aliases; the first that is there counts.

    Returns:
        The bytes, the file that holds them until the request has been answered, or an http(s) or data
        URL that is not fetched yet; None if no field is there.

    Raises:
        InvalidInput: A ``file_id`` (there is no Files API), several files, or nothing readable.
    """
    for name in names:
        value = unpacked(tree.get(name))
        if value is not None and value != "":
            return _medium(value, names[0])
    return None


def named(tree: Tree, *names: str) -> str | None:
    """The id by which a field names something that is here already.

    The id itself, ``{"id": …}`` or ``{"file_id": …}``, one of these as JSON text, or alone in a list.

    Args:
        tree: The body.
        names: The field and its aliases; the first that is there counts.

    Returns:
        The id, which may name nothing; None if the field holds something else or is not there.
    """
    for name in names:
        value = unpacked(tree.get(name))
        if value is None or value == "":
            continue
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            ids = [value.get(key) for key in ("id", "video_id", "file_id")]
            value = next((one for one in ids if isinstance(one, str) and one.strip()), None)
            return None if value is None else value.strip()
        return value.strip() if isinstance(value, str) and _NAME.fullmatch(value.strip()) else None
    return None


def _medium(value: Any, param: str) -> Medium:
    for _ in range(4):  # an object in an object, at most a few deep
        if isinstance(value, list):
            if len(value) != 1:
                raise InvalidInput(f"{len(value)} files came for {param!r}", fix="Send one", param=param)
            value = value[0]
        elif isinstance(value, dict):
            if value.get("file_id"):
                raise InvalidInput(
                    "A file_id cannot be used here",
                    why="This server has no Files API",
                    fix="Send the file itself, or its URL as image_url",
                    param=param,
                    code="not_supported",
                )
            keys = [
                k for k in ("image_url", "video_url", "url", "data", "b64_json", "file_data") if value.get(k)
            ]
            if len(keys) != 1:
                raise _wrong(param, "a file, a URL, or an object with one of image_url and file")
            value = unpacked(value[keys[0]])
        else:
            break
    if isinstance(value, Upload):
        if not value.size:
            raise BadMedia(f"The file of {param!r} is empty", fix="Send a picture or clip", param=param)
        return value.path or value.held
    if isinstance(value, str):
        return _address(value.strip(), param)
    raise _wrong(param, "a file or a URL")


def _address(value: str, param: str) -> bytes | str:
    if value[:8].lower().startswith(_URL):
        return value
    try:
        data = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) < 16:  # no picture is that short; a word that happens to be base64 is
        raise BadMedia(
            f"{param!r} is neither a file nor a URL nor base64",
            fix="Send the file, an http(s) or data URL, or base64",
            param=param,
        )
    return data


def _wrong(name: str, wanted: str) -> InvalidInput:
    return InvalidInput(
        f"The field {name!r} is not {wanted}", fix=f"Send {wanted}", param=name, code="invalid_type"
    )
