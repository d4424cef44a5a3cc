"""`open_dashboard`: the page of the default workspace, or a card that says why it cannot be opened.

Voilà shows nothing but "an error occurred" when a cell fails, so the page's only cell must not.
"""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML

from sora_kit.errors import SoraKitError
from sora_kit.notebook.cards.error import card
from sora_kit.notebook.sheet import page
from sora_kit.panels.admin import open_admin, under_voila
from sora_kit.panels.dashboard import Dashboard
from sora_kit.studio import Studio

__all__ = ("GALLERY", "open_dashboard")

GALLERY = "studio.gallery"
"""Setting: ``common`` shows visitors of the page everything, ``own`` what they made themselves."""


def open_dashboard(workspace: str | None = None, *, operator: bool = False) -> Any:
    """The whole studio as one widget.

    Args:
        workspace: As for `Studio`.
        operator: Show accounts and server, too. A page that visitors may reach asks for the admin password
            first; see `sora_kit.panels.admin`.
    """
    if operator:
        return open_admin(workspace)
    try:
        studio = Studio(workspace)
        own = under_voila() and studio.settings.get(GALLERY) == "own"
        return Dashboard(studio, own=own)
    except SoraKitError as error:
        return HTML(str(page(card(error.what, error.why, error.fix))))
