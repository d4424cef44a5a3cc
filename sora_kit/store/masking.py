"""Masking: what may be kept of a text or a body that may hold secrets and media.

A secret is known by its name or by its form, never by luck. By name: the value of a field, header or
parameter that is called ``password``, ``access_token``, ``X-Api-Key`` and the like, in any case, in
JSON, in JSON inside a string, in a form or in running text. By form: JSON web tokens, ``sk-…`` keys,
``Bearer …``, the user part of a URL, the query of a signed URL, and any unbroken run of 40 characters
that mixes cases and digits, which no sentence holds. What was presented with the request, or is set in
the environment, is masked as it is.

Media become a word with type and size: ``<image/png, 12 kB>``.

Everything here works on a bounded piece of its input, so a body of 60 MB costs as much as one of 32 kB,
and a piece that was cut in the middle of a word loses that word: half a secret has no form.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ("MASK", "REACH", "mask", "mask_body", "mask_json", "outline", "size_word")

MASK = "***"
REACH = 32_000
"""Characters of a text that are looked at; the rest is dropped."""

SHORTEST = 6
"""A known secret shorter than this is not searched for: it would be found inside harmless words."""

DEPTH = 12
"""Deeper parts of a tree are not kept."""

ENVIRONMENT = ("SORA_KIT_API_KEY", "SORA_KIT_ADMIN_PASSWORD", "SORA_KIT_SECRET_KEY")

# -- names, searched for in lower case

_SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase|code)|pwd|secret|token(?!s\b)|(?:refresh|access|session)[_-]?tokens|"
    r"(?:api|access|private|account|auth|encryption|session)[_-]?key|authori[sz]ation|cookie|credential|"
    r"signature|session[_-]?id|jwt|\botp\b"
)
_HINTS = ("pass", "pwd", "secret", "token", "key", "authori", "cookie", "credential", "signature", "session",
          "jwt", "otp")  # fmt: skip
"""One of these is in every such name; a text without them needs no slow look."""

_SHARP = re.compile(r"[_-](?:token|key|secret)|apikey|(?:access|refresh|session)token|jwt")
"""Names that no sentence holds: what follows them is a secret whatever it looks like."""

_SHORT_NAMES = frozenset({"at", "st", "rt", "sig", "auth", "bearer", "sid"})
_SIGNING = re.compile(
    r"sig|key|se|sv|skoid|st|at|rt|auth|policy|key-pair-id|x-(?:amz|goog|oss|cos)-.*|expires|hmac|code|hash"
    r"|verify|signed"
)
"""Parameters by which a URL is signed, besides those with a secret name."""

# all counts are bounded, so that no text takes long
_SIGN = re.compile(r"""[\w.\-\[\]]{0,60}\\{0,8}["']?\s{0,9}(?P<sign>[:=])\s{0,9}(?P<list>\[?)\s{0,9}""")
_QUOTE = re.compile(r"""\\{0,8}["']""")
_NEXT = re.compile(r"\s{0,9},\s{0,9}")
_BARE = re.compile(r"""[^\s"'\\&;,<>{}\[\]()]{1,64}""")
_REST = re.compile(r"""[^\s"'\\&;,<>{}\[\]()]*""")
_LINE = re.compile(r"""[^\r\n"'\\]+""")
_PAIR = re.compile(r"[\w.\-]{1,100}=")

# -- forms

_BEARER = re.compile(r"(bearer|basic|digest)(\s{1,9}|%20|\+)([A-Za-z0-9._~+/=\-]{12,})", re.IGNORECASE)
_JWT = re.compile(r"(?:(?<![A-Za-z0-9_\-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]*){1,4}")
_KEY = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:(?:sk|pk|rk|sess|whsec)-[A-Za-z0-9_\-]{8,}"
    r"|(?:ghp|gho|ghs|ghu|github_pat|glpat|hf|rt|xox[abprs]|r8)[_-][A-Za-z0-9_\-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_\-]{20,})"
)
_KEY_HINTS = ("sk-", "pk-", "rk-", "sess-", "whsec-", "gh", "glpat", "hf_", "rt_", "xox", "r8_", "AKIA",
              "ASIA", "AIza")  # fmt: skip
_URL = re.compile(r""":\\?/\\?/[^\s"'<>`]+""")
_USER = re.compile(r"^(:\\?/\\?/)[^/?#\\]*@")
_LONG = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{40,}={0,2}")
_WRAPPED = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{56,76}(?:\r?\n|\\r\\n|\\n)){3,}[A-Za-z0-9+/]*={0,2}"
)
_DATA = re.compile(
    r"data:([a-z]{1,20}/[a-z0-9.+\-]{1,60})?(?:;[a-z0-9=\-]{1,60}){0,5}(,)([A-Za-z0-9+/=_%.\-]*)",
    re.IGNORECASE,
)

_MEDIA_RUN = 200
"""An unbroken run of that many characters is a file in base64."""

_HEADS = (
    ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"),
    ("GkXfo", "video/webm"), ("T2dnUw", "audio/ogg"), ("JVBERi", "application/pdf"),
)  # fmt: skip


def mask(text: str, known: Iterable[str] = (), *, whole: int | None = None) -> str:
    """A text without its secrets and media; a harmless text comes back as it is.

    Args:
        text: Any text; characters behind `REACH` are dropped.
        known: Secrets to mask wherever they stand, such as the key that came with the request.
        whole: Length of what ``text`` is the beginning of, where it was cut before.

    Returns:
        The masked text, at most about `REACH` characters.
    """
    if not text:
        return text
    whole = max(whole or 0, len(text))
    if len(text) > REACH or whole > len(text):
        text = _without_last_word(text[:REACH])
    return _masked(_without(text, known), whole)


def mask_json(tree: Any) -> Any:
    """A tree of JSON types without the values of secret names, and without secrets and media in strings."""
    return _walk(tree, _string, DEPTH)


def mask_body(tree: Any, known: Iterable[str] = ()) -> str:
    """A body as the JSON text that may be kept of it; ``known`` as for `mask`."""
    return _without(json.dumps(mask_json(tree), ensure_ascii=False), known)


def outline(tree: Any) -> Any:
    """A tree of JSON types without its media, so that it may be kept: a file or a long text is cut.

    Leaves that are no JSON type are asked for ``data`` (bytes), or for ``path`` and ``size`` if they lie
    in a file, and become a word with their size. The
    result still holds secrets; `mask_json` comes later, off the event loop.
    """
    return _walk(tree, _outlined, DEPTH, by_name=False)


def size_word(count: float) -> str:
    """Bytes in words: ``12 kB``."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


@functools.lru_cache(maxsize=64)
def _masked(text: str, whole: int) -> str:
    """A text without what its names and forms give away. The cheap look first: most texts are plain."""
    if len(text) < SHORTEST:
        return text
    low = _lower(text)
    if "data:" in low:
        text = _DATA.sub(lambda found: _medium(found[1] or "", found[3], found, whole), text)
        low = _lower(text)
    if any(map(low.__contains__, _HINTS)):
        text = _by_name(text, low)
    if "eyJ" in text:
        text = _JWT.sub(MASK, text)
    if "bearer" in low or "basic" in low or "digest" in low:
        text = _BEARER.sub(_bearer, text)
    if ":/" in text or ":\\/" in text:
        text = _URL.sub(_url, text)
    if any(map(text.__contains__, _KEY_HINTS)):
        text = _KEY.sub(MASK, text)
    if len(text) >= 40:
        if "\n" in text or "\\n" in text:
            text = _WRAPPED.sub(lambda found: _medium("", found[0], found, whole), text)
        text = _LONG.sub(functools.partial(_long, whole=whole), text)
    return text


def _lower(text: str) -> str:
    """In lower case, position by position: some letters' lower case is longer than they are."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def _by_name(text: str, low: str) -> str:
    """Mask what follows a secret name and a colon or equals sign, in quotes or bare."""
    kept: list[str] = []
    done = 0
    for found in _SECRET_NAME.finditer(low):
        if found.start() < done or (sign := _SIGN.match(text, found.end())) is None:
            continue
        if (quote_ := _QUOTE.match(text, sign.end())) is not None:
            end = _quoted_end(text, quote_)
            kept += (text[done : quote_.end()], MASK)
            while sign["list"] and (comma := _NEXT.match(text, end + len(quote_[0]))) is not None:
                if not text.startswith(quote_[0], comma.end()):
                    break
                kept += (text[end : comma.end()] + quote_[0], MASK)
                end = _quoted_end(text, re.compile(re.escape(quote_[0])).match(text, comma.end()))
            done = end
            continue
        if found[0].startswith("author") or (found[0] == "cookie" and _PAIR.match(text, sign.end())):
            value = _LINE.match(text, sign.end())  # a header: all of its line
        else:
            value = _BARE.match(text, sign.end())
            name = low[max(0, found.start() - 9) : found.end() + 9]
            if value is not None and not _is_value(value[0], name, sign):
                continue
        if value is not None:
            kept += (text[done : sign.end()], MASK)
            done = _REST.match(text, value.end()).end()  # type: ignore[union-attr]  # it always matches
    return "".join((*kept, text[done:]))


def _quoted_end(text: str, quote_: re.Match[str] | None) -> int:
    """Where a quoted text ends: at the same quote, which no further backslash escapes, or nowhere."""
    if quote_ is None:  # cannot be: the caller has just seen it
        return len(text)
    at = quote_.end()
    while (at := text.find(quote_[0], at)) > 0:
        if text[at - 1] != "\\":
            return at
        at += 1
    return len(text)


def _is_value(value: str, name: str, sign: re.Match[str]) -> bool:
    """``name=value`` is a secret; ``name: value`` may be a sentence, unless the name or value is none."""
    if value.startswith((MASK, "<")):
        return False
    if sign[0].endswith("=") or _looks_made(value):
        return True
    return _SHARP.search(name) is not None or ("passw" in name and len(value) >= 4)


def _without(text: str, known: Iterable[str]) -> str:
    """A text without the secrets of this process's environment and the given ones."""
    for form in _forms(frozenset((*known, *map(os.environ.get, ENVIRONMENT)))):
        text = text.replace(form, MASK)
    return text


# -- trees


def _walk(node: Any, string: Callable[[str], str], depth: int, *, by_name: bool = True) -> Any:
    if isinstance(node, str):
        return string(node)
    if node is None or isinstance(node, bool | int | float):
        return node
    if depth == 0:
        return "<nested>"
    if isinstance(node, Mapping):
        return {
            _named(str(name)): MASK
            if by_name and value not in (None, "") and is_secret_name(str(name), value)
            else _walk(value, string, depth - 1, by_name=by_name)
            for name, value in node.items()
        }
    if isinstance(node, list | tuple):
        return [_walk(item, string, depth - 1, by_name=by_name) for item in node]
    if (path := getattr(node, "path", None)) is not None:
        with path.open("rb") as file:
            return f"<{_kind(file.read(16))}, {size_word(node.size)}>"
    data = getattr(node, "data", node)
    if isinstance(data, bytes | bytearray | memoryview):
        return f"<{_kind(bytes(data[:16]))}, {size_word(len(data))}>"
    return f"<{type(node).__name__}>"


def is_secret_name(name: str, value: Any) -> bool:
    """Whether a field of that name holds a secret; ``max_tokens`` and other numbers do not."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return _called_number(name)
    return _called_secret(name)


@functools.lru_cache(maxsize=512)
def _called_secret(name: str) -> bool:
    return name.strip().lower() in _SHORT_NAMES or _SECRET_NAME.search(name.lower()) is not None


@functools.lru_cache(maxsize=512)
def _called_number(name: str) -> bool:
    return re.search(r"pass|pwd|pin\b|otp", name, re.IGNORECASE) is not None


@functools.lru_cache(maxsize=512)
def _named(name: str) -> str:
    """The name of a field, which a hostile client may fill with anything."""
    return mask(name[:200])


def _string(text: str) -> str:
    if text[:1] in ("{", "[") and len(text) <= REACH:  # a field of a form often is JSON
        try:
            tree = json.loads(text)
        except (ValueError, RecursionError):
            return mask(text)
        masked = mask_json(tree)
        return mask(text) if masked == tree else json.dumps(masked, ensure_ascii=False)
    return mask(text) if len(text) > REACH else _masked(text, len(text))


def _outlined(text: str) -> str:
    if len(text) <= REACH:
        return text
    if found := _DATA.match(text[:200]):
        return f"<{found[1] or 'data'}, {size_word((len(text) - found.end(2)) * 3 / 4)}>"
    head = text[:REACH]
    if found := _LONG.match(head):
        return f"<{_kind_of_base64(head)}, {size_word(len(text) * 3 / 4)}>"
    return _without_last_word(head) + "…"


# -- what a pattern found


def _bearer(found: re.Match[str]) -> str:
    if found[1].lower() == "bearer" and len(found[3]) >= 20:
        return f"{found[1]}{found[2]}{MASK}"
    return f"{found[1]}{found[2]}{MASK}" if _looks_made(found[3]) else found[0]


def _looks_made(value: str) -> bool:
    """Whether a value looks like made by a machine, or like a password, rather than like a word."""
    return len(value) >= 6 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _url(found: re.Match[str]) -> str:
    url = _USER.sub(rf"\1{MASK}@", found[0])
    for mark in "?#":
        address, sign, query = url.partition(mark)
        if sign and _is_signed(query):
            return f"{address}{sign}{MASK}"
    return url


def _is_signed(query: str) -> bool:
    if _LONG.search(query):
        return True
    names = (part.partition("=")[0][:100].lower() for part in re.split("[?&;#]", query) if "=" in part)
    return any(_SIGNING.fullmatch(name) or _SECRET_NAME.search(name) for name in names)


def _long(found: re.Match[str], whole: int) -> str:
    run = found[0]
    if len(run) >= _MEDIA_RUN:
        return _medium("", run, found, whole)
    mixed = any(c.isdigit() for c in run) and any(c.islower() for c in run) and any(c.isupper() for c in run)
    return MASK if mixed else run


def _medium(kind: str, run: str, found: re.Match[str], whole: int) -> str:
    """The word for a file; a run to the end of a cut text goes on behind the cut."""
    length = len(run)
    if found.end() >= len(found.string) and whole > len(found.string):
        length += whole - len(found.string)
    return f"<{kind or _kind_of_base64(run)}, {size_word(length * 3 / 4)}>"


def _kind_of_base64(run: str) -> str:
    if run[6:14] in ("AGZ0eXBp", "BmdHlwaX") or "ZnR5c" in run[:12]:
        return "video/mp4"
    return next((kind for head, kind in _HEADS if run.startswith(head)), "base64")


def _kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "video/mp4"
    known = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif",
             b"RIFF": "image/webp", b"\x1a\x45\xdf": "video/webm"}  # fmt: skip
    return next((kind for start, kind in known.items() if head.startswith(start)), "file")


def _without_last_word(text: str) -> str:
    """A cut text without the word that the cut went through; a run without end is kept, as it is a file."""
    cut = max(text.rfind(mark) for mark in " \n\t\",'{}[]&")
    return text[: cut + 1] if len(text) - cut < _MEDIA_RUN else text


@functools.lru_cache(maxsize=64)
def _forms(secrets: frozenset[str | None]) -> tuple[str, ...]:
    """How secrets may be written: as they are, in JSON, and in a URL; the longest first."""
    found: set[str] = set()
    for secret in secrets:
        if secret and len(secret) >= SHORTEST:
            escaped = json.dumps(secret)[1:-1]
            plain = json.dumps(secret, ensure_ascii=False)[1:-1]
            twice = json.dumps(escaped)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]
            found |= {secret, escaped, plain, *twice, quote(secret, safe=""), quote_plus(secret)}
    return tuple(sorted(found, key=len, reverse=True))
