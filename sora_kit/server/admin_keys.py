"""``/admin/keys``: who may ask, and for how much."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from sora_kit.server.admin_bodies import given
from sora_kit.store import KeyRecord
from sora_kit.store.allowance import Usage
from sora_kit.store.limits import SCOPES, Changes, Limits
from sora_kit.studio import Studio

__all__ = ("HANDLERS",)

Words = Annotated[
    list[str] | str | UnsetType | None, Meta(description="A list, or words with commas between them")
]
Scopes = Annotated[
    list[str] | str | UnsetType | None,
    Meta(description="; ".join(f"`{name}`: {what}" for name, what in SCOPES.items())),
]
Number = Annotated[int | UnsetType | None, Meta(description="null: no limit")]
Dollars = Annotated[
    float | str | UnsetType | None, Meta(description="US dollars a day (UTC); null: no limit")
]
Moment = Annotated[
    float | str | UnsetType | None,
    Meta(description="Unix seconds, a date such as 2027-01-31, or a span such as 30d; null: never"),
]


class KeyChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays, and null takes a limit away."""

    name: str | UnsetType = UNSET
    scopes: Scopes = UNSET
    models: Words = UNSET
    per_minute: Number = UNSET
    at_once: Number = UNSET
    budget: Dollars = UNSET
    expires: Moment = UNSET
    enabled: bool | UnsetType = UNSET


class KeyWish(KeyChange, forbid_unknown_fields=True):
    """A key to be made."""

    name: Annotated[str, Meta(description="What it is for")]


class Key(msgspec.Struct):
    """A key; never its secret. Times are Unix seconds."""

    id: str
    name: str
    hint: Annotated[str, Meta(description="Its last four characters")]
    state: Literal["valid", "disabled", "expired", "revoked"]
    enabled: bool
    scopes: list[str]
    models: Annotated[list[str], Meta(description="Names and globs; empty for all")]
    per_minute: int | None
    at_once: int | None
    budget: float | None
    expires: float | None
    created: float
    last_used: float | None
    revoked: float | None
    usage: Annotated[Usage, Meta(description="Jobs in hand; jobs and US dollars of today (UTC)")]
    object: Literal["key"] = "key"


class KeyMade(Key):
    """A key that was just made."""

    secret: Annotated[str, Meta(description="Shown now and never again")] = ""


class KeyList(msgspec.Struct):
    """All keys, oldest first, revoked ones too."""

    data: list[Key]
    object: Literal["list"] = "list"


@get("/keys", summary="List the keys")
async def list_keys(studio: NamedDependency[Studio]) -> KeyList:
    """All keys, with what they may and what they use; without their secrets."""
    keys = studio.keys.list()
    used = studio.keys.usage([key.id for key in keys])
    return KeyList([Key(**shown(key, used[key.id])) for key in keys])


@post("/keys", status_code=200, summary="Make a key")
async def create_key(studio: NamedDependency[Studio], data: JSONBody[KeyWish]) -> KeyMade:
    """Make a key. The answer holds its secret, which cannot be read again."""
    limits = given(data)
    made = studio.keys.create(limits.pop("name"), **cast("Limits", limits))
    return KeyMade(**shown(studio.keys.get(made.id), Usage()), secret=made.secret)


@get("/keys/{key:str}", summary="Look at one key")
async def read_key(studio: NamedDependency[Studio], key: FromPath[str]) -> Key:
    """One key, by its id or name."""
    return one(studio, studio.keys.get(key))


@patch("/keys/{key:str}", summary="Change a key")
async def edit_key(studio: NamedDependency[Studio], key: FromPath[str], data: JSONBody[KeyChange]) -> Key:
    """Change what is given. Other servers of the workspace know it within a second."""
    return one(studio, studio.keys.edit(key, **cast("Changes", given(data))))


@delete("/keys/{key:str}", status_code=200, summary="Revoke a key")
async def revoke_key(studio: NamedDependency[Studio], key: FromPath[str]) -> Key:
    """Make a key useless, for good. Its row stays, so that jobs and the log can still name it."""
    return one(studio, studio.keys.revoke(studio.keys.get(key).id))


def one(studio: Studio, key: KeyRecord) -> Key:
    """A key with what it uses."""
    return Key(**shown(key, studio.keys.usage([key.id])[key.id]))


def shown(key: KeyRecord, used: Usage) -> dict[str, Any]:
    """The fields of `Key`."""
    return key.to_json() | {"usage": used}


HANDLERS = (list_keys, create_key, read_key, edit_key, revoke_key)
