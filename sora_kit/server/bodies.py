"""Reading a request's body, however the client packed it.

OpenAI's SDKs send ``/v1/videos`` as multipart even without a file, curl users and batch tools send
JSON, older scripts urlencoded forms. All become one *tree*: a dict of JSON types with `Upload` leaves.
Forms carry nested values in two ways, and both are understood: bracket names (``a[b]``, ``a[]``,
``a[][id]``) here, JSON text in a field at the field's reader (`sora_kit.server.fields`), because a
prompt that looks like JSON is still a prompt. The bytes come through `sora_kit.server.incoming`.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException

from sora_kit.errors import InvalidInput
from sora_kit.server.incoming import Upload, read_form, read_whole
from sora_kit.server.limits import Limits
from sora_kit.server.trace import trace_of
from sora_kit.store.masking import REACH, outline

__all__ = ("Tree", "Upload", "nest", "read_body")

Tree = dict[str, Any]
"""A body's fields: JSON types, with `Upload` where a form held a file."""

_DEPTH = 6
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_FORM = "application/x-www-form-urlencoded"
_MARK = b"\xef\xbb\xbf"
"""What some editors write in front of UTF-8."""


async def read_body(request: Request[Any, Any, Any]) -> Tree:
    """The fields of a request, which its trace keeps for the log; an empty body has none.

    Raises:
        InvalidInput: The body is not what its type says, or is no object.
        Failure: 413, it is over the limit.
        HTTPException: 415 for a type that is none of the three.
    """
    trace = trace_of(request.scope)
    limits: Limits = request.app.state.limits
    kind = request.content_type[0]
    try:
        if kind == "multipart/form-data":
            tree = nest(await read_form(request, limits))
        else:
            raw = await read_whole(request, limits)
            # all that is known of what cannot be read
            trace.asked = bytes(raw[:REACH]).decode("utf-8", "replace")
            tree = _parsed(raw, kind, limits)
    except (UnicodeDecodeError, LookupError) as error:
        raise InvalidInput(
            "A field of the form is not text", why=str(error), fix="Send text fields as UTF-8"
        ) from error
    trace.asked = outline(tree) if tree else ""
    return tree


def _parsed(raw: bytes | mmap.mmap, kind: str, limits: Limits) -> Tree:
    """The fields of a body that is no multipart form."""
    start = bytes(raw[:REACH]).removeprefix(_MARK)
    if len(raw) <= REACH:
        raw = start
    if not start.strip() and not raw[:].strip():
        return {}
    # `curl -d '{…}'` says urlencoded and means JSON
    if kind == _FORM and not start.lstrip().startswith(b"{"):
        try:
            pairs = parse_qsl(
                raw[:].decode(), keep_blank_values=True, errors="strict", max_num_fields=limits.parts
            )
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            raise InvalidInput(
                "The form has too many fields", why=str(error), fix=f"Send at most {limits.parts}"
            ) from error
        return nest(pairs)
    try:
        found = msgspec.json.decode(raw if raw[:3] != _MARK else memoryview(raw)[3:])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if kind not in ("", "application/json", _FORM):
            raise HTTPException(status_code=415) from error
        raise InvalidInput(
            "The body is not valid JSON", why=str(error), fix="Send a JSON object", code="invalid_json"
        ) from error
    if not isinstance(found, dict):
        raise InvalidInput(
            "The body is not a JSON object",
            fix='Send an object such as {"prompt": "a cat"}',
            code="invalid_json",
        )
    return found


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
            raise InvalidInput(
                f"The field {name[:80]!r} is nested too deeply",
                fix=f"Use at most {_DEPTH} names inside each other",
                param=path[0],
            )
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
