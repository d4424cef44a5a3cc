"""How a chat shows a clip: one text for every chat program there is.

| style | what the answer holds | for |
|---|---|---|
| ``link`` | the poster as a picture that opens the video, and a link | every program; a player in NextChat |
| ``html`` | a ``<video>`` element in a block of its own, and a link | Open WebUI, Cherry Studio |
| ``fence`` | the element in a fenced ``html`` block, as Sora2API had it | clients written for that |
| ``auto`` | ``html`` for the programs that are known to play it, else ``link`` | |

Open WebUI takes the text *inside* the element as the address, and only if the element stands in a block;
elsewhere markup would be shown as text, so only a program that says its name gets it. Addresses are made
safe for all three forms at once: what ends a link, an attribute or a fence is percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Literal, cast, get_args

from sora_kit.errors import InvalidInput
from sora_kit.server.addresses import media_url, poster_url

if TYPE_CHECKING:
    from sora_kit.store import Clip

__all__ = ("STYLES", "MediaStyle", "plain", "read_style", "safe_address", "shown", "style_for")

MediaStyle = Literal["link", "html", "fence", "auto"]
STYLES: tuple[str, ...] = get_args(MediaStyle)

_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&*+,;=%\[\]]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#!|~&])")


def read_style(word: str, param: str = "media_style") -> MediaStyle | None:
    """The style of that name; None for an empty word.

    Raises:
        InvalidInput: There is none.
    """
    word = word.strip().lower()
    if not word:
        return None
    if word not in STYLES:
        raise InvalidInput(
            f"{word[:40]!r} is not a media style", fix=f"Use one of {', '.join(STYLES)}", param=param
        )
    return cast("MediaStyle", word)


def style_for(style: MediaStyle, headers: Mapping[str, str]) -> MediaStyle:
    """The style itself, with ``auto`` decided by the program that asks."""
    if style != "auto":
        return style
    names = (headers.get(name, "").lower() for name in ("user-agent", "x-title", "http-referer", "referer"))
    says = " ".join(names)
    plays = ("cherrystudio", "cherry studio", "cherry-ai.com", "open webui", "openwebui", "open-webui")
    if any(name in says for name in plays) or any(name.startswith("x-openwebui-") for name in headers):
        return "html"
    return "link"


def shown(clip: Clip, base: str, style: MediaStyle) -> str:
    """The text that shows a clip or picture.

    Args:
        clip: The result.
        base: Address before ``/media``, see `sora_kit.server.addresses`.
        style: Not ``auto``; see `style_for`.
    """
    url = safe_address(media_url(base, clip))
    if clip.kind == "image":
        return f"![image]({url})"
    quoted = escape(url)
    if style == "html":
        # the blank lines and the lines of its own make it a block, which is what programs look for
        return f'\n<div>\n<video controls src="{quoted}">{quoted}</video>\n</div>\n\n[Open video]({url})\n'
    if style == "fence":
        return f"```html\n<video src='{quoted}' controls></video>\n```"
    return f"[![preview]({safe_address(poster_url(base, clip))})]({url})\n\n[Open video]({url})"


def safe_address(url: str) -> str:
    """The address without anything that ends a link, an attribute, a fence or a line."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)


def plain(text: str) -> str:
    """Words of people as words: nothing in them is a link, a picture, a tag or a heading."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
