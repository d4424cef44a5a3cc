"""The one place where HTML is made.

Prompts are other people's text, so nothing is ever pasted into markup by hand. `tag` escapes every
child and every attribute, except children that are `Markup`, which only this module makes. Addresses
in ``href``, ``src`` and ``poster`` must be http(s), relative, or inline media; anything else
(``javascript:``, ``data:text/html``) is left out.

    >>> tag("p", "1 < 2 ", tag("b", "a & b"), class_="note")
    '<p class="note">1 &lt; 2 <b>a &amp; b</b></p>'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _escape

__all__ = ("Markup", "escape", "join", "tag", "trusted")

_VOID = frozenset({"br", "hr", "img", "input", "meta", "source", "wbr"})
_ADDRESSES = frozenset({"href", "poster", "src"})
_SAFE_ADDRESS = re.compile(
    r"(?i)https?://|data:(?:image/(?:png|jpeg|webp)|video/(?:mp4|webm));base64,|[./#?]|[\w%-]+(?:[/?#.]|$)"
)
_NAME = re.compile(r"[a-zA-Z][\w:.-]*")


class Markup(str):
    """Text that is already safe HTML and is not escaped again."""

    __slots__ = ()


def trusted(html: str) -> Markup:
    """Mark a literal of ours (a stylesheet, an SVG icon) as safe. Never give it user text."""
    return Markup(html)


def escape(value: object) -> Markup:
    """Text for use between tags or inside a quoted attribute; `Markup` stays as it is."""
    return value if isinstance(value, Markup) else Markup(_escape(str(value), quote=True))


def join(children: Iterable[object]) -> Markup:
    """Children one after the other: None is skipped, iterables are flattened, text is escaped."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, str) or not isinstance(child, Iterable):
            parts.append(escape(child))
        else:
            parts.append(join(child))
    return Markup("".join(parts))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """One element.

    Args:
        name: Element name, for example ``"div"``.
        children: Text (escaped), `Markup` (kept), None (skipped), or iterables of these.
        attributes: A trailing underscore is dropped (``class_``) and the others become hyphens
            (``data_action``). True gives a bare attribute; None and False leave it out.

    Returns:
        The element as `Markup`.

    Raises:
        ValueError: For an element or attribute name that is not a name.
    """
    head = [name]
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if not _NAME.fullmatch(attribute):
            raise ValueError(f"Not an attribute name: {attribute!r}")
        if value is None or value is False or (attribute in _ADDRESSES and not is_safe_address(str(value))):
            continue
        head.append(attribute if value is True else f'{attribute}="{escape(value)}"')
    if not _NAME.fullmatch(name):
        raise ValueError(f"Not an element name: {name!r}")
    opening = f"<{' '.join(head)}>"
    return Markup(opening if name in _VOID else f"{opening}{join(children)}</{name}>")


def is_safe_address(address: str) -> bool:
    """Whether an address may stand in ``href``, ``src`` or ``poster``."""
    return bool(_SAFE_ADDRESS.match(address.strip()))
