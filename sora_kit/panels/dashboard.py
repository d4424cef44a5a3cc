"""`Dashboard`: the whole studio on one page.

The order of reading: what runs where (the bar), the views (tabs), what I want (the card on the left,
in the views where something is made), what I have. On a narrow page the card stands above the rest.

A view's widgets are made when it is first opened and then stay, with all that was typed into them.
Create and Results share the gallery: beside the card it shows what becomes of a prompt, alone it has
the whole page. Which view is open is the page's own business; the kernel only hears of the first time.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import traitlets
from ipywidgets import Box, VBox

from sora_kit import panels
from sora_kit.accounts.search import ready
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.characters import Characters
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.gallery import Results
from sora_kit.panels.jobs import Jobs
from sora_kit.panels.panel import Panel
from sora_kit.panels.prompt import Prompt
from sora_kit.panels.storyboard import StoryboardEditor
from sora_kit.panels.styles import Styles
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit.store.jobs import JobRecord
    from sora_kit.studio import Studio

__all__ = ("Bar", "Dashboard", "Tabs")

_GOING = frozenset({"queued", "running", "needs_you"})
_VISITOR = re.compile(r"[0-9a-f]{32}")


class Bar(Feed):
    """The top bar: workspace, backend, how much is going on, the address of the API."""

    _esm = script("bar")
    _css = sheet("studio")

    facts = traitlets.Dict().tag(sync=True)
    asks_who = traitlets.Bool(False).tag(sync=True)
    """Whether the browser shall say who its visitor is: a number that it makes up once and keeps."""
    visited: Callable[[str], None] | None = None
    """Called with the visitor's name in the workspace."""

    def load(self) -> None:
        """What is going on now."""
        going = self.studio.records(limit=1000, states=_GOING, owner=self.whose)
        self.busy = {record.id: record.state for record in going}
        self.do_hello()

    def take(self, records: Any) -> None:
        """Count changes of state; progress changes nothing here."""
        before = dict(self.busy)
        for record in filter(self.mine_to_see, records):
            if record.done:
                self.busy.pop(record.id, None)
            else:
                self.busy[record.id] = record.state
        if before != self.busy:
            self.do_hello()

    def do_visit(self, visitor: str) -> None:
        """Somebody looks at the page, and their browser says who they are to it."""
        if self.asks_who and self.visited and _VISITOR.fullmatch(str(visitor)):
            self.visited(f"visitor_{visitor}")

    def do_hello(self) -> None:
        """Say it all again; the trait tells the page only if something changed."""
        states = list(self.busy.values())
        counted = [(states.count("running"), "running"), (states.count("queued"), "waiting")]
        if waiting := states.count("needs_you"):
            counted.append((waiting, "needs you" if waiting == 1 else "need you"))
        going = [f"{number} {word}" for number, word in counted if number]
        url = next((runner.url for runner in self.studio.runners() if runner.url), "")
        self.facts = {
            "workspace": self.studio.workspace.name,
            "folder": str(self.studio.workspace.folder),
            "backend": titled(self.studio.backend),
            "preview": "free preview" if self.studio.backend == "animatic" else "",
            "work": " · ".join(going) or "Nothing running",
            "asks": waiting,
            "jobs": sum(self.studio.jobs_table.counts(self.whose).values()),
            "api": urlsplit(url).netloc,
        }

    def do_beat(self) -> None:
        """A sign of life."""
        self.send({"alive": True})

    def item(self, record: JobRecord) -> None:
        """The bar lists nothing."""


class Tabs(Panel):
    """The row of tab titles; switching happens in the page.

    The view of a title is the pane with the class ``sk-pane-`` and its number, or its title in lower
    case, in the surrounding ``sk-right`` or ``sk-studio``, which gets them as ``data-tab`` and ``data-view``.
    """

    _esm = script("tabs")
    _css = sheet("studio")

    titles: traitlets.List[Any] = traitlets.List().tag(sync=True)
    counts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """A number or a few words beside each title; 0 and "" show none."""
    first = traitlets.Unicode().tag(sync=True)
    """Title of the view to begin with; empty for the first one."""
    asked = traitlets.Int().tag(sync=True)
    """Changes when the first view wants to be seen."""

    first_opened: Callable[[str], None] | None = None
    """Called with a view's title when it is shown; its widgets may not be there yet."""

    def do_open(self, title: str) -> None:
        """A view is shown."""
        if self.first_opened and title in self.titles:
            self.first_opened(title)


class Dashboard(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The studio.

    Args:
        studio: The open workspace.
        operator: Show accounts and server, too: for whoever runs the workspace, not for its visitors.
        first: Title of the view to begin with.
        own: Show each visitor only what they asked for themselves. Their browser tells one from another,
            so it keeps galleries apart and is no lock; characters are everybody's.
    """

    def __init__(
        self, studio: Studio, *, operator: bool = False, first: str = "Create", own: bool = False
    ) -> None:
        self.studio = studio
        if own:
            studio.owner = f"visitor_{secrets.token_hex(16)}"  # nobody's, until somebody comes
        self.draft = Draft(studio)
        self.bar = Bar(studio, asks_who=own)
        self.bar.visited = self.visited
        self.prompt = Prompt(studio, draft=self.draft, between=[Styles(studio, draft=self.draft)], keep=True)
        self.gallery = Results(studio, draft=self.draft)
        self.makers: dict[str, Callable[[], Any]] = {
            "storyboard": lambda: StoryboardEditor(studio, draft=self.draft),
            "results": lambda: self.gallery,
            "characters": lambda: Characters(studio, draft=self.draft),
            "jobs": lambda: Jobs(studio, draft=self.draft),
        } | (_operators(studio) if operator else {})
        """Name of a pane → what makes its widgets."""
        self.opened: dict[str, Any] = {}
        """Name of a pane → its widgets, once it was opened."""
        self.panes = {name: Box().add_class("sk-pane").add_class(f"sk-pane-{name}") for name in self.makers}
        self.tabs = Tabs(titles=["Create", *(name.capitalize() for name in self.makers)], first=first)
        self.tabs.first_opened = self.show
        traitlets.dlink((self.draft, "asked"), (self.tabs, "asked"))
        self.bar.observe(lambda _: self._count(), "facts")
        self.gallery.observe(lambda _: self._count(), "count")
        self.show(first)
        self._count()
        right = VBox([*self.panes.values()])
        right.add_class("sk-right")
        body = Box([self.prompt, right])
        body.add_class("sk-body")
        super().__init__([self.bar, self.tabs, body])
        self.add_class("sora-kit").add_class("sk-studio").add_class("sk-views")

    def show(self, view: str) -> None:
        """Make a view's widgets, unless they are there.

        Args:
            view: Its title, such as ``Storyboard``, in any case.

        Raises:
            KeyError: There is no such view.
        """
        name = view.lower().replace("create", "results")
        if name in self.opened:
            return
        self.opened[name] = panel = self.makers[name]()
        if name in ("characters", "accounts"):
            panel.observe(lambda _: self._count(), ["count", "facts"])
        self.panes[name].children = [panel]

    def visited(self, owner: str) -> None:
        """Show what belongs to this visitor, and nothing else."""
        if owner == self.studio.owner:
            return
        self.studio.owner = owner
        self.bar.load()
        self.gallery.do_filter()
        if jobs := self.opened.get("jobs"):
            jobs.do_filter("all")

    def close(self) -> None:
        """Stop following and drawing."""
        for panel in (self.bar, self.prompt, *self.opened.values()):
            for part in (*getattr(panel, "children", ()), panel):
                part.close()
        super().close()

    def _count(self) -> None:
        known: dict[str, int | str] = {
            "results": self.gallery.count,
            "characters": len(self.studio.characters),
            "jobs": self.bar.facts["jobs"],
        }
        if "accounts" in self.makers:
            there, usable = ready(self.studio.accounts)
            known["accounts"] = f"{there:,} · {usable:,} ready" if there else ""
        self.tabs.counts = [known.get(title.lower(), 0) for title in self.tabs.titles]


def _operators(studio: Studio) -> dict[str, Callable[[], Any]]:
    """The panels of whoever runs the workspace, as far as this installation has them."""
    found = {name: getattr(panels, name, None) for name in ("Accounts", "Server")}
    return {name.lower(): partial(panel, studio) for name, panel in found.items() if panel is not None}
