"""The card of an error: what happened, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.errors import SoraKitError
    from sora_kit.notebook.widgets import Bundle

__all__ = ("bundle", "card", "notice", "plain")


def bundle(error: SoraKitError) -> Bundle:
    """How a cell shows an error, raised or as a value."""
    return {"text/html": str(page(card(error.what, error.why, error.fix))), "text/plain": plain(error)}


def card(what: str, why: str = "", fix: str = "") -> Markup:
    """The three texts on a card of their own."""
    return tag("div", texts(what, why, fix), class_="sk-card sk-error", role="alert")


def notice(error: dict[str, Any], *, warn: bool = False) -> Markup:
    """The three texts of a stored error, for use inside another card; ``warn`` asks rather than tells."""
    return tag(
        "div",
        tag("b", error.get("what") or "It failed"),
        tag("div", error["why"]) if error.get("why") else None,
        tag("div", error["fix"], class_="sk-muted") if error.get("fix") else None,
        class_="sk-notice sk-warn" if warn else "sk-notice",
        role="alert",
    )


def texts(what: str, why: str, fix: str) -> tuple[Markup | None, ...]:
    """One paragraph per text that there is."""
    return (
        tag("p", what),
        tag("p", why) if why else None,
        tag("p", fix, class_="sk-muted") if fix else None,
    )


def plain(error: SoraKitError) -> str:
    """One to three lines, for terminals."""
    return "\n".join(text for text in (f"{type(error).__name__}: {error.what}", error.why, error.fix) if text)
