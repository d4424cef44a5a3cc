"""``/admin/accounts/…`` for many at once: deeds, import, export.

A call that touches backends takes eight accounts at a time and answers when all are done, so a batch has
an upper bound; longer lists go in several calls. A client that leaves stops nothing that has begun.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from sora_kit.accounts import exchange
from sora_kit.accounts.exchange import read_rows
from sora_kit.accounts.search import matching
from sora_kit.backends import hosted
from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.server.admin_accounts import AccountFields, InState, chosen, done
from sora_kit.server.admin_bodies import given
from sora_kit.store.masking import mask
from sora_kit.studio import Studio
from sora_kit.studio.deeds import Deeds

__all__ = ("HANDLERS",)

AT_ONCE = 8
"""Calls to backends at the same time."""

MOST = 1000
"""Accounts of a batch that asks backends."""

ASKING = ("test", "renew")


class Which(msgspec.Struct, forbid_unknown_fields=True):
    """Which accounts are meant; an empty filter means all."""

    text: str = ""
    state: str = ""
    plan: str = ""
    backend: str = ""


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """Something to do with many accounts. Give ``accounts`` or ``filter``."""

    action: Literal["test", "renew", "enable", "disable", "reset", "remove", "proxy"]
    accounts: Annotated[list[str] | None, Meta(description="Ids, labels or e-mails")] = None
    filter: Which | None = None
    proxy: Annotated[str, Meta(description="For `proxy`; empty for none of their own")] = ""


class Result(msgspec.Struct):
    """What became of one account."""

    account: str
    label: str
    ok: bool
    why: str


class BatchDone(msgspec.Struct):
    """What became of all, in their order."""

    done: int
    failed: int
    data: list[Result]
    object: Literal["list"] = "list"


class Import(msgspec.Struct, forbid_unknown_fields=True):
    """Accounts in either form: rows of objects, or the text of a file (JSON, or one token a line)."""

    accounts: list[dict[str, Any]] | None = None
    text: str | None = None
    mode: Annotated[
        Literal["", "offline", "at", "st", "rt"], Meta(description="What rows have; what bare lines are")
    ] = ""
    backend: str = "sora_web"
    defaults: Annotated[AccountFields | None, Meta(description="For rows that do not have them")] = None


class Imported(msgspec.Struct):
    """What became of one row."""

    row: int
    outcome: Literal["added", "updated", "failed"]
    account: str
    label: str
    why: str


class ImportDone(msgspec.Struct):
    """What became of all rows."""

    added: int
    updated: int
    failed: int
    data: list[Imported]
    object: Literal["list"] = "list"


@post("/accounts/batch", status_code=200, summary="Do something with many accounts")
async def do_many(studio: NamedDependency[Studio], data: JSONBody[Batch]) -> BatchDone:
    """Do something with many accounts; a failure stops none of the others."""
    if (data.accounts is None) == (data.filter is None):
        raise InvalidInput(
            "It must be said which accounts are meant",
            fix='Send either "accounts": [ids] or "filter": {}, which means all',
            param="accounts",
        )
    if data.filter is not None:
        which = data.filter
        ids = matching(
            studio.accounts,
            chosen(text=which.text, state=which.state, plan=which.plan, backend=which.backend),
        )
    else:
        ids = list(dict.fromkeys(studio.accounts.find(one).id for one in data.accounts or ()))
    if data.action in ASKING and len(ids) > MOST:
        raise InvalidInput(
            f"These are {len(ids)} accounts, and {data.action} takes {MOST:,} at a time",
            fix="Send several lists",
            param="accounts",
        )
    deeds, places = Deeds(studio), asyncio.Semaphore(AT_ONCE)

    async def one(account: str) -> Result:
        async with places:
            await asyncio.sleep(0)  # others are served meanwhile
            try:
                outcome = await done(deeds, data.action, account, data.proxy)
            except SoraKitError as error:
                return Result(account, account, ok=False, why=mask(str(error)))
        return Result(account, outcome.label, outcome.ok, outcome.why)

    try:
        results = await asyncio.gather(*(one(account) for account in ids))
    finally:
        deeds.rest()
    failed = sum(not result.ok for result in results)
    return BatchDone(len(results) - failed, failed, results)


@post("/accounts/import", status_code=200, summary="Import accounts")
async def import_accounts(studio: NamedDependency[Studio], data: JSONBody[Import]) -> ImportDone:
    """Add and update accounts; nothing is asked of their backends. Each row has a result of its own."""
    if (data.accounts is None) == (data.text is None):
        raise InvalidInput(
            "There is nothing to import, or it is there twice",
            fix="Send either accounts or text",
            param="text",
        )
    hosted(data.backend)
    source = data.text if data.text is not None else data.accounts or []
    defaults = given(data.defaults) if data.defaults is not None else {}
    results: list[exchange.ImportResult] = []
    for number, row in read_rows(source, data.mode):
        await asyncio.sleep(0)  # others are served meanwhile
        results.append(studio.accounts.import_row(number, row, data.mode, data.backend, defaults))
    added, updated, failed = (
        sum(one.outcome == word for one in results) for word in ("added", "updated", "failed")
    )
    rows = [Imported(one.row, one.outcome, one.account, mask(one.label), mask(one.why)) for one in results]
    return ImportDone(added, updated, failed, rows)


@get("/accounts/export", summary="Export accounts, masked")
async def export_accounts(
    studio: NamedDependency[Studio],
    form: FromQuery[Literal["json", "text"]] = "json",
    text: FromQuery[str] = "",
    condition: InState = "",
    plan: FromQuery[str] = "",
    backend: FromQuery[str] = "",
) -> Response[Any]:
    """Accounts in the form that import reads: ``json`` objects, or as ``text`` one token a line.

    Secrets are masked, always; ``sora-kit accounts export --secrets FILE`` writes them out where they are.
    """
    ids = matching(studio.accounts, chosen(text=text, state=condition, plan=plan, backend=backend))
    rows = await asyncio.to_thread(studio.accounts.export_accounts, ids)
    if form == "json":
        return Response(rows, media_type=MediaType.JSON)
    first = (next((row[name] for name in ("refresh_token", "session_token", "access_token", "api_key")
                   if row[name]), "") for row in rows)  # fmt: skip
    return Response("".join(f"{token}\n" for token in first), media_type=MediaType.TEXT)


HANDLERS = (do_many, import_accounts, export_accounts)
