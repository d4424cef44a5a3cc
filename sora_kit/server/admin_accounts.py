"""``/admin/accounts``: the accounts of backends, one by one. What goes in as a secret never comes out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from sora_kit.accounts import Account, AccountEvent
from sora_kit.accounts.search import ORDERS, STATES, Filter, page
from sora_kit.backends import hosted
from sora_kit.errors import InvalidInput
from sora_kit.server.admin_bodies import given
from sora_kit.studio import Studio
from sora_kit.studio.deeds import Deeds, Outcome

__all__ = ("HANDLERS", "AccountFields", "InState", "chosen", "done")

Text = str | UnsetType | None
Secret = Annotated[Text, Meta(description="Sealed; shown masked ever after")]
Cap = Annotated[int | UnsetType | None, Meta(description="-1 or null: no limit")]
Switch = bool | UnsetType
InState = Annotated[str, QueryParameter(name="state")]
"""The query parameter ``state``, a word that Litestar keeps for something else."""


class AccountFields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What people give of an account. What is left out stays; an empty text or null clears."""

    access_token: Secret = UNSET
    session_token: Secret = UNSET
    refresh_token: Secret = UNSET
    api_key: Secret = UNSET
    client_id: Text = UNSET
    redirect_uri: Text = UNSET
    device_id: Text = UNSET
    write_headers: Annotated[
        dict[str, str] | UnsetType | None, Meta(description="Extra headers; only their names are shown")
    ] = UNSET
    proxy: Annotated[Text, Meta(description="URL; shown without name and password")] = UNSET
    label: Text = UNSET
    remark: Text = UNSET
    email: Text = UNSET
    enabled: Switch = UNSET
    image_enabled: Switch = UNSET
    video_enabled: Switch = UNSET
    image_cap: Cap = UNSET
    video_cap: Cap = UNSET


class AccountWish(AccountFields, forbid_unknown_fields=True, kw_only=True):
    """An account to be added."""

    backend: Annotated[str, Meta(description="A backend that has accounts")] = "sora_web"
    test: Annotated[bool, Meta(description="Ask the backend about it at once")] = False


class AccountAdded(msgspec.Struct):
    """An account that is there now."""

    account: Account
    new: Annotated[bool, Meta(description="False if it was there already and was updated")]
    test: Outcome | None = None
    object: Literal["account.added"] = "account.added"


class AccountPage(msgspec.Struct):
    """A page of accounts."""

    data: list[Account]
    total: Annotated[int, Meta(description="On all pages")]
    has_more: bool
    object: Literal["list"] = "list"


class AccountDetails(msgspec.Struct):
    """An account and what happened to it, newest first."""

    account: Account
    events: list[AccountEvent]
    object: Literal["account"] = "account"


class AccountGone(msgspec.Struct):
    """An account that was forgotten."""

    id: str
    deleted: bool = True
    object: Literal["account.deleted"] = "account.deleted"


class AccountDone(msgspec.Struct):
    """What came of a deed."""

    account: Account
    ok: bool
    why: str
    object: Literal["account.done"] = "account.done"


class EventList(msgspec.Struct):
    """What changed accounts, newest first."""

    data: list[AccountEvent]
    object: Literal["list"] = "list"


@get("/accounts", summary="List the accounts")
async def list_accounts(
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=10_000_000)] = 0,
    text: FromQuery[str] = "",
    condition: InState = "",
    plan: FromQuery[str] = "",
    backend: FromQuery[str] = "",
    order: FromQuery[str] = "created",
    descending: FromQuery[bool] = False,
) -> AccountPage:
    """A page of the accounts that backends gave, their secrets masked.

    ``text`` is a part of label, e-mail, name, remark or id.
    """
    if order not in ORDERS:
        raise InvalidInput(
            f"{order[:40]!r} is no order", fix=f"Send one of {', '.join(ORDERS)}", param="order"
        )
    wanted = chosen(text=text, state=condition, plan=plan, backend=backend)
    studio.accounts.wake()
    found, total = page(studio.accounts, wanted, order=order, down=descending, limit=limit, offset=offset)
    return AccountPage(found, total, has_more=offset + len(found) < total)


@post("/accounts", status_code=200, summary="Add an account")
async def add_account(studio: NamedDependency[Studio], data: JSONBody[AccountWish]) -> AccountAdded:
    """Add an account, or update it if it is there already."""
    fields = given(data)
    name, test = fields.pop("backend", data.backend), fields.pop("test", data.test)
    hosted(name)
    account, new = studio.accounts.add_or_update(name, fields)
    outcome = await Deeds(studio).test(account.id) if test else None
    return AccountAdded(studio.accounts.get(account.id), new, outcome)


@get("/accounts/events", summary="Read what changed accounts")
async def read_events(
    studio: NamedDependency[Studio],
    account: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
) -> EventList:
    """The history of one account (by id, label or e-mail; also of one that is gone, by id), or of all."""
    if account is not None and not account.startswith("acc_"):
        account = studio.accounts.find(account).id
    return EventList(studio.accounts.events(account, limit))


@get("/accounts/{account:str}", summary="Look at one account")
async def read_account(studio: NamedDependency[Studio], account: FromPath[str]) -> AccountDetails:
    """One account, by its id, label or e-mail, with its history."""
    found = studio.accounts.find(account)
    return AccountDetails(found, studio.accounts.events(found.id))


@patch("/accounts/{account:str}", summary="Change an account")
async def edit_account(
    studio: NamedDependency[Studio], account: FromPath[str], data: JSONBody[AccountFields]
) -> AccountDetails:
    """Change what is given."""
    found = studio.accounts.find(account)
    if fields := given(data):
        found = studio.accounts.edit(found.id, **fields)
    return AccountDetails(found, studio.accounts.events(found.id, 1))


@delete("/accounts/{account:str}", status_code=200, summary="Forget an account")
async def remove_account(studio: NamedDependency[Studio], account: FromPath[str]) -> AccountGone:
    """Forget an account and its secrets, for good; its history stays."""
    found = studio.accounts.find(account)
    if found.id.startswith("local-"):
        raise InvalidInput(
            "This account stays", why="It stands for drawing on this computer", fix="Switch it off instead"
        )
    studio.accounts.remove(found.id)
    return AccountGone(found.id)


@post("/accounts/{account:str}/{deed:str}", status_code=200, summary="Do something with an account")
async def do_account(
    studio: NamedDependency[Studio], account: FromPath[str], deed: FromPath[Literal[
        "test", "renew", "enable", "disable", "reset"]],
) -> AccountDone:  # fmt: skip
    """``test`` it at its backend, ``renew`` its token, ``enable``, ``disable``, or ``reset`` its failures."""
    found = studio.accounts.find(account)
    outcome = await done(Deeds(studio), deed, found.id)
    return AccountDone(studio.accounts.get(found.id), outcome.ok, outcome.why)


async def done(deeds: Deeds, what: str, account: str, proxy: str = "") -> Outcome:
    """Do something with one account."""
    result: Any = deeds.of(what, proxy)(account)
    outcome: Outcome = result if isinstance(result, Outcome) else await result
    return outcome


def chosen(*, text: str = "", state: str = "", plan: str = "", backend: str = "") -> Filter:
    """Which accounts are meant.

    Raises:
        InvalidInput: There is no such state.
    """
    if state and state not in STATES:
        raise InvalidInput(
            f"{state[:40]!r} is no state", fix=f"Send one of {', '.join(STATES)}", param="state"
        )
    return Filter(text[:200], state, plan, backend)


HANDLERS = (
    list_accounts,
    add_account,
    read_events,
    read_account,
    edit_account,
    remove_account,
    do_account,
)
