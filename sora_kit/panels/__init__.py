"""The studio's panels: what to make, what is being made, what there is.

    from sora_kit.panels import open_dashboard

    open_dashboard()

Each panel is an ipywidget that can stand alone in a cell: `Prompt`, `Styles`,
`StoryboardEditor`, `Results`, `Characters`, `Jobs`, `Accounts`, `Server`.
`Dashboard` puts them on one page, which Voilà turns into the studio (`sora_kit.panels.page.Page` starts
that). Panels that share a `Draft` work on the same prompt.

Names are imported on first use, because the widgets' machinery takes half a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_kit.panels.accounts import Accounts
    from sora_kit.panels.admin import open_admin
    from sora_kit.panels.characters import Characters
    from sora_kit.panels.dashboard import Dashboard
    from sora_kit.panels.draft import Draft
    from sora_kit.panels.gallery import Results
    from sora_kit.panels.jobs import Jobs
    from sora_kit.panels.opening import open_dashboard
    from sora_kit.panels.prompt import Prompt
    from sora_kit.panels.server import Server
    from sora_kit.panels.storyboard import StoryboardEditor
    from sora_kit.panels.styles import Styles

__all__ = (
    "Accounts",
    "Characters",
    "Dashboard",
    "Draft",
    "Jobs",
    "Prompt",
    "Results",
    "Server",
    "StoryboardEditor",
    "Styles",
    "open_admin",
    "open_dashboard",
)

_HOMES = {
    "Accounts": "accounts",
    "Characters": "characters",
    "Dashboard": "dashboard",
    "Draft": "draft",
    "Jobs": "jobs",
    "Prompt": "prompt",
    "Results": "gallery",
    "Server": "server",
    "StoryboardEditor": "storyboard",
    "Styles": "styles",
    "open_admin": "admin",
    "open_dashboard": "opening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
