"""Reading a request's body, however the client packed it.

OpenAI's SDKs send ``/v1/videos`` as multipart even without a file, curl users and batch tools send
JSON, older scripts urlencoded forms. All become one *tree*: a dict of JSON types with `Upload` leaves.
Forms carry nested values in two ways, and both are understood: bracket names (``a[b]``, ``a[]``,
``a[][id]``) here, JSON text in a field at the field's reader (`sora_kit.server.fields`), because a
prompt that looks like JSON is still a prompt.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from sora_kit.errors import InvalidInput
from sora_kit.server.trace import Trace, trace_of
from sora_kit.store.masking import REACH, outline

__all__ = ("BODY_LIMIT", "Tree", "Upload", "nest", "read_body")

BODY_LIMIT = 64 * 1024 * 1024
"""Largest body in bytes; OpenAI allows pictures of 50 MB."""

Tree = dict[str, Any]
"""A body's fields: JSON types, with `Upload` where a form held a file."""

_DEPTH = 6
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form. Its name and type are the client's claim; look at the bytes."""

    name: str
    data: bytes


async def read_body(request: Request[Any, Any, Any]) -> Tree:
    """The fields of a request, which its trace keeps for the log; an empty body has none.

    Raises:
        InvalidInput: The body is not what its type says, or is no object.
        HTTPException: 413 for a body over the limit, 415 for a type that is none of the three.
    """
    trace = trace_of(request.scope)
    tree = await _read(request, trace)
    trace.asked = outline(tree) if tree else ""
    return tree


async def _read(request: Request[Any, Any, Any], trace: Trace) -> Tree:
    kind = request.content_type[0]
    try:
        if kind == "multipart/form-data":
            return nest([(name, await _leaf(value)) for name, value in (await request.form()).multi_items()])
        raw = await request.body()
        trace.asked = raw[:REACH].decode("utf-8", "replace")  # all that is known of what cannot be read
        # `curl -d '{…}'` says urlencoded and means JSON
        if kind == "application/x-www-form-urlencoded" and not raw.lstrip().startswith(b"{"):
            return nest([(str(name), value) for name, value in (await request.form()).multi_items()])
    except HTTPException as error:
        if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            await _drain(request)
        raise
    except (UnicodeDecodeError, LookupError) as error:
        raise InvalidInput(
            "A field of the form is not text", why=str(error), fix="Send text fields as UTF-8"
        ) from error
    if not raw.strip():
        return {}
    try:
        tree = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if kind not in ("", "application/json", "application/x-www-form-urlencoded"):
            raise HTTPException(status_code=415) from error
        raise InvalidInput(
            "The body is not valid JSON", why=str(error), fix="Send a JSON object", code="invalid_json"
        ) from error
    if not isinstance(tree, dict):
        raise InvalidInput(
            "The body is not a JSON object",
            fix='Send an object such as {"prompt": "a cat"}',
            code="invalid_json",
        )
    return tree


def nest(fields: Iterable[tuple[str, Any]]) -> Tree:
    """The tree of a form's fields.

    ``a[b]=1`` gives ``{"a": {"b": 1}}``; ``a[]=1`` repeated a list; ``a[][id]=1`` repeated a list of
    objects; ``a=1`` repeated a list too. A name that does not follow the pattern is taken literally.

    Raises:
        InvalidInput: A field is used as a value and as an object, or is nested too deeply.
    """
    tree: Tree = {}
    for name, value in fields:
        found = _NAME.fullmatch(name)
        path = [found[1], *_PART.findall(found[2])] if found else [name]
        if len(path) > _DEPTH:
            raise InvalidInput(f"The field {name[:80]!r} is nested too deeply", param=path[0])
        _put(tree, path, value)
    return tree


def _put(tree: Tree, path: list[str], value: Any) -> None:
    here: Any = tree
    for index, key in enumerate(path):
        rest = path[index + 1 :]
        if isinstance(
            here, list
        ):  # key is "": append, or go on with the last object if it lacks the next key
            if not rest:
                here.append(value)
                return
            if not (here and isinstance(here[-1], dict) and rest[0] and rest[0] not in here[-1]):
                here.append([] if rest[0] == "" else {})
            here = here[-1]
        elif not isinstance(here, dict) or (key == "" and index):
            raise _clash(path)
        elif not rest:
            if key not in here:
                here[key] = value
            elif isinstance(here[key], dict):
                raise _clash(path)
            elif isinstance(here[key], list):
                here[key].append(value)
            else:
                here[key] = [here[key], value]
            return
        else:
            here = here.setdefault(key, [] if rest[0] == "" else {})
            if isinstance(here, list) != (rest[0] == ""):
                raise _clash(path)


def _clash(path: list[str]) -> InvalidInput:
    return InvalidInput(
        f"The field {path[0][:80]!r} is sent in two forms that do not fit together",
        fix="Send it once, as text, as JSON or with bracket names",
        param=path[0][:80],
    )


async def _leaf(value: Any) -> Any:
    if not isinstance(value, UploadFile):
        return value
    try:
        return Upload(value.filename, await value.read())
    finally:
        await value.close()


async def _drain(request: Request[Any, Any, Any]) -> None:
    """Read on and throw away for a while, so that the client gets to read the answer.

    A connection closed on a client that still sends is reset, and the 413 with it.
    """
    if request.headers.get("expect"):
        return  # this client waits for leave to send, and gets the 413 instead
    left, until = 4 * BODY_LIMIT, time.monotonic() + 10
    while left > 0 and time.monotonic() < until:
        message: Any = await request.receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
