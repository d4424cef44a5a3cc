"""`Accounts`: the console of the token pool.

The kernel holds the pool; the page gets one page of rows and the figures, and looks again every few
seconds while somebody sees it, because other processes change accounts, too. Reading is a few queries.
What is done to many accounts runs beside the page (`sora_kit.panels.accountwork`).

Secrets go one way. They come in as messages and never as traits, which notebooks save with their
widgets; and they leave masked (`sora_kit.panels.accountview`), whatever an error quotes. The one
exception is asked for twice and does not pass the page: an export with secrets is a file in the
workspace's folder, which only its owner may read.
"""

from __future__ import annotations

import asyncio
import json
import secrets as chance
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit import backends
from sora_kit.accounts import MODES
from sora_kit.accounts.account import SECRETS, shown_url
from sora_kit.accounts.book import PROXY
from sora_kit.accounts.exchange import read_rows
from sora_kit.accounts.search import ORDERS, STATES, Filter, labels, last_events, matching, page, totals
from sora_kit.backends.hosted import is_hosted
from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.notebook.words import count as counted
from sora_kit.panels.accountcode import (
    code_of_add,
    code_of_batch,
    code_of_edit,
    code_of_import,
    code_of_proxy,
)
from sora_kit.panels.accountview import event_row, figures, row
from sora_kit.panels.accountwork import Work
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.draft import card
from sora_kit.panels.panel import Panel
from sora_kit.store.masking import mask
from sora_kit.store.secret_keys import write
from sora_kit.store.settings import Settings
from sora_kit.studio.deeds import DEEDS, Deeds, Outcome

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("Accounts",)

SIZES = (20, 50, 100)
"""Rows of a page."""

EVENTS = 200
"""Lines of a history."""


class Accounts(Panel):
    """The accounts panel.

    Args:
        studio: The open workspace.
        size: Rows of a page: 20, 50 or 100.
    """

    _esm = script("accounts")
    _css = sheet("accounts")

    view = traitlets.Dict().tag(sync=True)
    """``rows`` (see `sora_kit.panels.accountview.row`), ``total``, ``page`` from 0, ``size``, ``order``,
    ``down``, ``filter``."""
    facts = traitlets.Dict().tag(sync=True)
    """Figures over all accounts, ``mode``, ``proxy`` (without name and password)."""
    work = traitlets.Dict().tag(sync=True)
    """What is being done to many accounts, or was last; see `sora_kit.panels.accountwork`."""
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence; ``error``: a card; ``number``: of this status."""
    code = traitlets.Unicode().tag(sync=True)
    """The last action as Python."""
    backends: traitlets.List[Any] = traitlets.List().tag(sync=True)
    modes: traitlets.List[Any] = traitlets.List(list(MODES)).tag(sync=True)
    sizes: traitlets.List[Any] = traitlets.List(list(SIZES)).tag(sync=True)
    count = traitlets.Int(0)
    """Number of accounts."""

    def __init__(self, studio: Studio, *, size: int = SIZES[0]) -> None:
        self.studio = studio
        self.pool = studio.accounts
        self.chosen = Filter()
        self.deeds = Deeds(studio)
        self._order, self._down, self._page = "created", False, 0
        self._size = size if size in SIZES else SIZES[0]
        self._proxy: tuple[Any, str] = (None, "")
        self._asked = ""
        self._statuses = 0
        self._who = ""
        self._looking = threading.Lock()
        self.crew: Work[Any] = Work(studio, lambda state: self.set_trait("work", state))
        super().__init__(
            status={"said": "", "error": None, "number": 0},
            backends=[n for n in backends.names() if is_hosted(backends.get(n))],
        )
        self.look()

    def _dispatch(self, widget: object, message: object, buffers: Any = None) -> None:
        """Remember which view asks: answers reach all views, and only one is to save a file."""
        if isinstance(message, dict):
            self._who = str(message.get("who", ""))
            message = {name: value for name, value in message.items() if name != "who"}
        super()._dispatch(widget, message, buffers)

    def _answer(self, answer: dict[str, Any], who: str | None = None, **more: Any) -> None:
        self.send(answer | {"to": self._who if who is None else who}, **more)

    # -- what is shown

    def look(self) -> None:
        """Read what is shown anew; the page is told only what changed. From any thread."""
        with self._looking:
            self.pool.wake()
            total = totals(self.pool)
            found, count = self._find()
            if not found and count:
                self._page = (count - 1) // self._size
                found, count = self._find()
            last = last_events(self.pool, [one.id for one in found])
            now = self.pool.clock()
            self.view = {
                "rows": [row(one, last.get(one.id), now) for one in found],
                "total": count,
                "page": self._page,
                "size": self._size,
                "order": self._order,
                "down": self._down,
                "filter": {name: getattr(self.chosen, name) for name in ("text", "state", "plan", "backend")},
            }
            self.facts = figures(total) | {"mode": self.pool.mode(), "proxy": self._shown_proxy()}
            self.count = total.accounts

    def _find(self) -> Any:
        return page(
            self.pool, self.chosen, order=self._order, down=self._down,
            limit=self._size, offset=self._page * self._size,
        )  # fmt: skip

    def _shown_proxy(self) -> str:
        """The global proxy without its secrets; opened only when it was changed."""
        sealed = Settings(self.pool.database).get(PROXY, "")
        if sealed != self._proxy[0]:
            try:
                self._proxy = (sealed, shown_url(self.pool.global_proxy()))
            except SoraKitError as error:  # the key is not here: everything else can still be seen
                self._proxy = (sealed, error.what)
        return self._proxy[1]

    def do_look(self) -> None:
        """The page is looked at; it asks again when it has this answer, so questions never pile up."""
        try:
            self.look()
        finally:
            self._answer({"seen": True})

    def do_find(
        self, filter: Mapping[str, Any], page: int = 0, size: int = 0, order: str = "", down: bool = False  # noqa: A002 (the page's word)
    ) -> None:  # fmt: skip
        """Show other rows."""
        self.chosen = _filter(filter)
        self._page = max(0, int(page))
        self._size = size if size in SIZES else self._size
        self._order = order if order in ORDERS else "created"
        self._down = bool(down)
        self.look()

    def do_events(self, id: str = "") -> None:  # noqa: A002 (the page's word)
        """Send the history of an account, or of all."""
        found = self.pool.events(id or None, EVENTS)
        names = labels(self.pool, {event.account for event in found})
        self._answer({"events": id, "rows": [event_row(event, names) for event in found]})

    # -- one account

    def do_add(self, backend: str, fields: Mapping[str, Any], test: bool = False) -> None:
        """Add an account, or update it if it is there already."""
        given = {name: value for name, value in _read(fields).items() if value not in ("", None, {})}
        if backend not in self.backends:
            raise InvalidInput("There is no such backend", fix=f"Choose one of {', '.join(self.backends)}")
        one, new = self.pool.add_or_update(backend, given)
        self.code = code_of_add(backend, given)
        self._say(f"{one.label} is added." if new else f"{one.label} was there already and is updated.")
        self._answer({"ok": "add"})
        self.look()
        if test:
            self._start("test", [one.id], None)

    def do_edit(self, id: str, fields: Mapping[str, Any]) -> None:  # noqa: A002 (the page's word)
        """Change what is given; an empty text clears."""
        given = _read(fields)
        one = self.pool.edit(id, **given) if given else self.pool.get(id)
        if given:
            self.code = code_of_edit(id, given)
        self._say(f"{one.label} is changed." if given else "Nothing was changed.")
        self._answer({"ok": "edit"})
        self.look()

    # -- all accounts

    def do_mode(self, mode: str) -> None:
        """Choose how accounts take turns."""
        self.pool.set_mode(mode)
        self.code = f"studio.accounts.set_mode({mode!r})\n"
        self._say("Accounts take turns differently from now on.")
        self.look()

    def do_proxy(self, url: str) -> None:
        """Set the proxy of all accounts that have none of their own."""
        self.pool.set_global_proxy(url)
        self.code = code_of_proxy(url)
        self._say("The proxy is set." if url.strip() else "No proxy is used any more.")
        self._answer({"ok": "proxy"})
        self.look()

    def do_take_in(self, text: str, mode: str = "", backend: str = "sora_web") -> None:
        """Import a text: JSON, or one token a line."""
        rows = read_rows(text, mode)
        if not rows:
            raise InvalidInput("There is nothing to import", fix="Paste JSON, or one token a line")

        def take(item: tuple[int, Any]) -> Outcome:
            result = self.pool.import_row(*item, mode, backend, {})
            label = mask(" · ".join(part for part in (f"row {result.row}", result.label) if part))
            return Outcome(label, result.outcome != "failed", mask(result.why) or result.outcome)

        self._begin("Importing", rows, take, "imported", listed=True)
        self.code = code_of_import(mode, backend)
        self._answer({"ok": "import"})

    def do_export(
        self, ids: Collection[str] | None = None, filter: Mapping[str, Any] | None = None,  # noqa: A002 (the page's word)
        secrets: bool = False, sure: str = "",
    ) -> None:  # fmt: skip
        """Send accounts masked as a file; or, if that is confirmed, write them with their secrets.

        Args:
            ids: Only these.
            filter: Or only those that match; without either, all.
            secrets: Whether tokens are written out.
            sure: The word that the first request for secrets was answered with.
        """
        chosen = self._ids(ids, filter)
        if not secrets:
            self.code = "studio.accounts.export_accounts()\n"
            who = self._who
            self._beside(lambda: self._send_file(chosen, who))
        elif not self._asked or not chance.compare_digest(sure, self._asked):
            self._asked = chance.token_urlsafe(12)
            self._answer(
                {"ask": self._asked, "count": len(chosen), "place": str(self.studio.workspace.folder)}
            )
        else:
            self._asked = ""
            self.code = "!sora-kit accounts export --secrets accounts.json\n"
            self._beside(lambda: self._write_secrets(chosen))

    def _send_file(self, ids: Collection[str], who: str) -> None:
        rows = self.pool.export_accounts(ids)
        name = f"accounts-masked-{time.strftime('%Y-%m-%d')}.json"
        data = json.dumps(rows, ensure_ascii=False, indent=2).encode()
        self._answer({"file": name, "type": "application/json"}, who, buffers=[data])
        self._say(f"{counted(len(rows), 'account')} exported, tokens masked.")

    def _write_secrets(self, ids: Collection[str]) -> None:
        rows = self.pool.export_accounts(ids, secrets=True)
        path = self.studio.workspace.folder / f"accounts-secret-{time.strftime('%Y-%m-%d-%H%M%S')}.json"
        write(path, json.dumps(rows, ensure_ascii=False, indent=2), replace=True)
        self._say(
            f"{counted(len(rows), 'account')} with their tokens are in {path}. Delete it when you are done."
        )

    # -- many accounts

    def do_batch(
        self, what: str, ids: Collection[str] | None = None, filter: Mapping[str, Any] | None = None,  # noqa: A002 (the page's word)
        proxy: str = "", sure: bool = False,
    ) -> None:  # fmt: skip
        """Do something to accounts, beside the page.

        Args:
            what: ``test``, ``renew``, ``enable``, ``disable``, ``remove`` or ``proxy``.
            ids: The accounts.
            filter: Or all that match.
            proxy: Their new proxy; empty for none of their own.
            sure: Whether a removal was confirmed.
        """
        if what not in DEEDS:
            return
        if what == "remove" and sure is not True:
            raise InvalidInput("Nothing was removed", why="The removal was not confirmed", fix="Confirm it")
        chosen = self._ids(ids, filter)
        if not chosen:
            raise InvalidInput("No account is chosen", fix="Tick some in the table")
        self._start(what, chosen, None if filter is None else _filter(filter), proxy)

    def do_remove_disabled(self, sure: bool = False) -> None:
        """Remove all accounts that are switched off."""
        self.do_batch("remove", filter={"state": "disabled"}, sure=sure)
        self.code = "studio.accounts.remove_disabled()\n"

    def do_stop(self) -> None:
        """Stop what is being done to many."""
        self.crew.stop()

    def _start(self, what: str, ids: list[str], chosen: Filter | None, proxy: str = "") -> None:
        title, done = DEEDS[what]
        code = code_of_batch(what, ids, chosen, proxy)
        self._begin(title, ids, self.deeds.of(what, proxy), done, listed=what in ("test", "renew"))
        self.code = code

    def _begin(
        self, title: str, items: list[Any], do: Callable[[Any], Any], done: str, *, listed: bool
    ) -> None:
        def then(count: Any) -> None:
            self.deeds.rest()
            self.look()
            good = counted(count.done - count.failed, "account")
            bad = f", {count.failed} failed" if count.failed else ""
            self._say(f"{good} {done}{bad}{', then stopped' if count.stopped else ''}.")

        self._say("")  # before it starts: it may be done in no time, and says so
        self.crew.start(title, items, do, then=then, listed=listed)

    # -- inside

    def _ids(self, ids: Collection[str] | None, filter: Mapping[str, Any] | None) -> list[str]:  # noqa: A002 (the page's word)
        if ids is not None:
            return list(dict.fromkeys(map(str, ids)))
        return matching(self.pool, _filter(filter or {}))

    def _beside(self, call: Callable[[], None]) -> None:
        """Run something that may take a second in a thread, so that cells and the page go on."""

        async def run() -> None:
            try:
                await asyncio.to_thread(call)
            except SoraKitError as error:
                self.fault(card(error))

        self.studio.loop.submit(run())

    def _say(self, words: str) -> None:
        self._statuses += 1
        self.status = {"said": words, "error": None, "number": self._statuses}

    def fault(self, error: dict[str, str]) -> None:
        """Shown above the table, or in the open dialog."""
        self._statuses += 1
        masked = {name: mask(text) for name, text in error.items()}
        self.status = {"said": "", "error": masked, "number": self._statuses}

    def close(self) -> None:
        """Stop what is being done."""
        if hasattr(self, "crew"):
            self.crew.stop()
        super().close()


def _filter(wanted: Mapping[str, Any]) -> Filter:
    """A filter out of a message."""
    texts = {name: str(wanted.get(name) or "")[:200] for name in ("text", "state", "plan", "backend")}
    return Filter(**texts | {"state": texts["state"] if texts["state"] in STATES else ""})


def _read(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form; headers stand one a line, as ``Name: value``."""
    given = dict(fields)
    lines = given.get("write_headers")
    if isinstance(lines, str):
        pairs = [line.partition(":") for line in lines.splitlines() if line.strip()]
        if any(not (name.strip() and sign) for name, sign, _ in pairs):
            raise InvalidInput("A header has no name", fix="Write one a line, as Name: value")
        given["write_headers"] = {name.strip(): value.strip() for name, _, value in pairs}
    for name in SECRETS:
        if isinstance(given.get(name), str):
            given[name] = "".join(given[name].split())  # a token that was copied with its line breaks
    return given
