"""What a key may, as people write it and as it is stored.

`Limits` is the one set of keywords: of `Keys.create` and `Keys.edit`, of the command's options and of the
admin API. `checked` turns them into the values of columns and refuses what cannot be meant.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, TypedDict

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import MODELS, find_model

__all__ = ("DEFAULT_SCOPES", "SCOPES", "Changes", "Limits", "checked", "known", "matches", "scope_of")

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "images": "make pictures, and look",
        "videos": "make videos, characters and prompts, and look",
        "read": "look at models, jobs and clips, make nothing",
        "admin": "everything under /admin, and nothing else",
    }
)
"""Name of a scope → what a key that has it may do."""

DEFAULT_SCOPES = ("images", "videos", "read")

MOST = {"per_minute": 1_000_000, "at_once": 10_000}
DEAREST = 1_000_000.0

UNITS = {"m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN = re.compile(r"(\d{1,6})\s*(min|[mhdw])")


class Limits(TypedDict, total=False):
    """What qualifies a key; None stands for no limit."""

    scopes: Iterable[str] | str | None
    """Of `SCOPES`; all but ``admin`` if not given."""
    models: Iterable[str] | str | None
    """Names of the catalogue, or globs such as ``sora2-*-10s``; all models if not given."""
    per_minute: int | None
    """Requests a minute, of one server process."""
    at_once: int | None
    """Jobs that wait or run at the same time, of all processes."""
    budget: float | str | None
    """US dollars a day (UTC) by the estimates of its jobs, of all processes: ``5`` or ``"$5"``."""
    expires: datetime | float | str | None
    """A datetime, Unix seconds, a date such as ``2027-01-31``, or a span such as ``12h`` or ``30d``."""
    enabled: bool
    """Off, it is refused until it is on again."""


class Changes(Limits, total=False):
    """What can be changed of a key."""

    name: str
    """A new name."""


def known(given: Collection[str], *, name: bool = False) -> None:
    """Refuse keywords that do not exist.

    Args:
        given: Names of keywords.
        name: Whether ``name`` is one.

    Raises:
        TypeError: With the nearest one, and all.
    """
    there = [*(("name",) if name else ()), *Limits.__annotations__]
    for wrong in given:
        if wrong not in there:
            near = get_close_matches(wrong, there, 1, 0.5)
            meant = f"; did you mean {near[0]!r}" if near else ""
            raise TypeError(f"a key has no {wrong!r}{meant}; there are {', '.join(there)}")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of columns for keywords of `Limits`.

    Raises:
        InvalidInput: One of them cannot be meant.
        TypeError: One of them does not exist.
    """
    known(given)
    values: dict[str, Any] = {}
    for name, value in given.items():
        match name:
            case "scopes":
                values[name] = read_scopes(value)
            case "models":
                values[name] = read_models(value)
            case "budget":
                values[name] = read_dollars(value)
            case "expires":
                values[name] = read_time(value)
            case "enabled":
                values[name] = read_switch(value)
            case _:
                values[name] = read_number(name, value)
    return values


def scope_of(kind: str) -> str:
    """The scope that a request of that kind needs."""
    return "images" if kind == "image" else "videos"


def matches(model: str, allowed: Collection[str]) -> bool:
    """Whether a model of the catalogue is among names and globs; none of them means all models."""
    return not allowed or any(fnmatchcase(model, one) for one in allowed)


def read_scopes(value: Any) -> list[str]:
    """Scopes in the order of `SCOPES`."""
    if value is None:
        return list(DEFAULT_SCOPES)
    wanted = [word.lower() for word in words(value, "scopes")]
    for word in wanted:
        if word not in SCOPES:
            near = get_close_matches(word, SCOPES, 1, 0.5)
            raise InvalidInput(
                f"There is no scope {word[:40]!r}",
                why=f"Did you mean {near[0]}" if near else "",
                fix=f"Use some of {', '.join(SCOPES)}",
                param="scopes",
            )
    if not wanted:
        raise InvalidInput(
            "A key without a scope can do nothing",
            fix=f"Give it some of {', '.join(SCOPES)}, or switch it off with enabled=False",
            param="scopes",
        )
    return [scope for scope in SCOPES if scope in wanted]


def read_models(value: Any) -> list[str]:
    """Canonical names, and globs that mean at least one model."""
    found: list[str] = []
    for word in words(value, "models") if value is not None else ():
        if not any(sign in word for sign in "*?["):
            name = find_model(word).id
        elif any(fnmatchcase(model, word) for model in MODELS):
            name = word
        else:
            raise InvalidInput(
                f"No model is called like {word[:60]!r}",
                fix="List them with `sora-kit models`",
                param="models",
                code="model_not_found",
            )
        if name not in found:
            found.append(name)
    return found


def words(value: Any, name: str) -> list[str]:
    """A list of words, or a text of words with commas or blanks between them."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        found = list(value)
        if all(isinstance(one, str) for one in found):
            return [one.strip() for one in found if one.strip()]
    raise InvalidInput(f"{name} is a list of words", fix=f'Write {name}=["…"]', param=name)


def read_number(name: str, value: Any) -> int | None:
    """A whole number from 1, or None; also as somebody typed it."""
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST[name]:
        raise InvalidInput(
            f"{name} is a whole number from 1 to {MOST[name]:,}",
            fix="Leave it out for no limit; to stop a key, switch it off with enabled=False",
            param=name,
        )
    return value


def read_dollars(value: Any) -> float | None:
    """A sum of US dollars, or None."""
    if value in (None, ""):
        return None
    text = value.strip().lstrip("$").replace(",", "") if isinstance(value, str) else value
    try:
        number = math.nan if isinstance(text, bool) else float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= DEAREST:
        raise InvalidInput(
            "budget is a sum of US dollars for a day",
            why="0 lets a key make only what is free",
            fix='Write budget=5 or budget="$5"; leave it out for no limit',
            param="budget",
        )
    return number


def read_time(value: Any) -> float | None:
    """A time to come in Unix seconds, or None."""
    if value in (None, ""):
        return None
    now = time.time()
    moment = math.nan
    if isinstance(value, datetime):
        moment = value.timestamp()  # one without a zone is in that of this computer
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = float(value)
    elif isinstance(value, str):
        text = value.strip()
        if span := _SPAN.fullmatch(text.lower()):
            moment = now + int(span[1]) * UNITS[span[2]]
        else:
            try:
                moment = datetime.fromisoformat(text).timestamp()
            except (ValueError, OverflowError):
                moment = math.nan
    if not moment < 253_402_300_800:  # the year 10000; nan is not less, either
        raise InvalidInput(
            f"{str(value)[:40]!r} is no time",
            fix="Write a date such as 2027-01-31, or a span such as 12h or 30d",
            param="expires",
        )
    if moment <= now:
        when = datetime.fromtimestamp(max(moment, 0.0), UTC).strftime("%Y-%m-%d %H:%M UTC")
        raise InvalidInput(
            f"{when} is over", fix="Give a time to come; to stop a key now, revoke it", param="expires"
        )
    return moment


def read_switch(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidInput("enabled is true or false", param="enabled")
    return value
