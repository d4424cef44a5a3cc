"""`open_admin`: the operator's page, behind a password where strangers can reach it.

In a notebook whoever runs cells can do anything anyway, so there the panels show at once. Under Voilà
nobody can run cells, and each visitor has a kernel of their own: there the page asks for
``SORA_KIT_ADMIN_PASSWORD`` first, and the panels do not exist before it was given, so that there is
nothing to be found in the page or on its connection.

Wrong passwords cost time, and are counted where the server counts them (`sora_kit.store.gate`), so neither a
reload, which gives a visitor a fresh kernel, nor many pages at once are more tries. A kernel does not learn
its visitor's address, so all visitors share one count, and somebody who keeps guessing keeps the operator
out of this page as well; the notebook, ``/admin`` and ``sora-kit accounts`` stay open.
"""

from __future__ import annotations

import hmac
import math
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import HTML, VBox

from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.notebook.cards.error import card
from sora_kit.notebook.sheet import page
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.panel import Panel
from sora_kit.store.gate import Gate
from sora_kit.studio import Studio

if TYPE_CHECKING:
    from sora_kit.store.database import Database

__all__ = ("Admin", "Door", "Lock", "open_admin")

PASSWORD = "SORA_KIT_ADMIN_PASSWORD"  # noqa: S105 - the name of the variable
PAGE = "page"
"""What is counted at the gate: all visitors of the page as one."""


class Lock:
    """The password of the page, and how long to wait after wrong ones.

    Args:
        database: Where the tries are counted, for all visitors.
        clock: Unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self.gate = Gate(database, clock)

    def open(self, given: str) -> None:
        """Return if the password is right.

        Raises:
            InvalidInput: It is wrong, it is too soon after wrong ones, or none is set.
        """
        password = os.environ.get(PASSWORD, "")
        if not password:
            raise no_password()
        wait = self.gate.take(PAGE)
        if wait > 0:
            raise InvalidInput(
                "Too many wrong passwords were given here",
                fix=f"Try again in {math.ceil(wait)} s",
                code="too_many_tries",
            )
        if not hmac.compare_digest(given.encode(), password.encode()):
            raise InvalidInput("That is not the password", fix=f"It is the value of {PASSWORD}")
        self.gate.passed(PAGE)


class Door(Panel):
    """The question for the password."""

    _esm = script("door")
    _css = sheet("door")

    workspace = traitlets.Unicode().tag(sync=True)
    error = traitlets.Dict().tag(sync=True)
    """A card, with a ``number`` that is new for every try."""

    def __init__(self, lock: Lock, workspace: str, opened: Callable[[], Any]) -> None:
        self.lock, self.opened = lock, opened
        self._tries = 0
        super().__init__(workspace=workspace)

    def do_open(self, password: str) -> None:
        """A try. The password comes as a message, never as a trait, which pages share."""
        self.lock.open(str(password))
        self.opened()

    def fault(self, error: dict[str, str]) -> None:
        """Shown below the field."""
        self._tries += 1
        self.error = error | {"number": self._tries}


class Admin(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The whole studio, with accounts and server.

    Args:
        studio: The open workspace.
        locked: Whether to ask for the password first.

    Raises:
        InvalidInput: ``locked``, and no password is set.
    """

    def __init__(self, studio: Studio, *, locked: bool) -> None:
        if locked and not os.environ.get(PASSWORD):
            raise no_password()
        self.studio = studio
        super().__init__()
        self.add_class("sora-kit").add_class("sk-studio").add_class("sk-admin")
        if locked:
            lock = Lock(studio.workspace.database)
            self.set_trait("children", (Door(lock, studio.workspace.name, self.show),))
        else:
            self.show()

    def show(self) -> None:
        """Make the dashboard with all its views; there is none before."""
        from sora_kit.panels.dashboard import Dashboard

        before = self.children
        self.set_trait("children", (Dashboard(self.studio, operator=True, first="Accounts"),))
        for door in before:
            door.close()


def no_password() -> InvalidInput:
    """What is said where the page cannot be opened by anybody."""
    return InvalidInput(
        "This page is closed: no admin password is set",
        why="It shows the accounts of this workspace to whoever can reach it",
        fix=f"Set {PASSWORD} where the page is started, and start it again",
        code="no_admin_password",
    )


def under_voila() -> bool:
    """Whether this kernel serves a page of Voilà rather than somebody's notebook."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or any(
        name.startswith("VOILA_") for name in os.environ
    )


def open_admin(workspace: str | None = None, *, locked: bool | None = None) -> Any:
    """The operator's page as one widget, or a card that says why it cannot be opened.

    Args:
        workspace: As for `Studio`.
        locked: Whether to ask for the password; None asks under Voilà.
    """
    try:
        studio = Studio(workspace)
        try:
            return Admin(studio, locked=under_voila() if locked is None else locked)
        except SoraKitError:
            studio.close()  # nobody holds it, and it would run jobs behind a page that shows nothing
            raise
    except SoraKitError as error:
        return HTML(str(page(card(error.what, error.why, error.fix))))
