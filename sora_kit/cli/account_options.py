"""Options of the commands about accounts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

__all__ = (
    "AccessToken", "All", "ApiKey", "ClientId", "DeviceId", "Headers", "ImageCap", "Images", "Label", "Name",
    "One", "Proxy", "RedirectUri", "RefreshToken", "Remark", "SessionToken", "Some", "VideoCap", "Videos",
)  # fmt: skip

Some = Annotated[list[str] | None, typer.Argument(metavar="[ACCOUNT...]", help="Id, label or e-mail.")]
One = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, label or e-mail.")]
All = Annotated[bool, typer.Option("--all", help="All accounts.")]
Name = Annotated[str, typer.Option("--backend", metavar="NAME", help="Backend of the account.")]


def _option(name: str, text: str, metavar: str = "TEXT") -> Any:
    return typer.Option(f"--{name}", metavar=metavar, help=text)


SECRET = "@FILE, - for stdin, or the token itself."  # noqa: S105  words for a help text
Secret = "SECRET"  # noqa: S105  a placeholder for a help text
AccessToken = Annotated[str | None, _option("access-token", SECRET, Secret)]
SessionToken = Annotated[str | None, _option("session-token", SECRET, Secret)]
RefreshToken = Annotated[str | None, _option("refresh-token", SECRET, Secret)]
ApiKey = Annotated[str | None, _option("api-key", SECRET, Secret)]
ClientId = Annotated[str | None, _option("client-id", "Application of the refresh token.", "ID")]
RedirectUri = Annotated[str | None, _option("redirect-uri", "Of the same application.", "URI")]
DeviceId = Annotated[str | None, _option("device-id", "UUID of its device.", "UUID")]
Headers = Annotated[
    str | None, _option("write-headers", "JSON of extra headers for calls that start something.", "JSON")
]
Proxy = Annotated[str | None, _option("proxy", "Its own proxy: socks5://host:port.", "URL")]
Label = Annotated[str | None, _option("label", "What you call it.")]
Remark = Annotated[str | None, _option("remark", "A note.")]
Images = Annotated[bool | None, typer.Option("--images/--no-images", help="May make images.")]
Videos = Annotated[bool | None, typer.Option("--videos/--no-videos", help="May make videos.")]
ImageCap = Annotated[int | None, _option("image-cap", "Images at the same time; -1 for no limit.", "N")]
VideoCap = Annotated[int | None, _option("video-cap", "Videos at the same time; -1 for no limit.", "N")]
