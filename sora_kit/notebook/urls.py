"""From an address that this machine can reach to one that the reader's browser can reach.

Media go to the page by URL, so that they load lazily and can be sought; but the server that holds
them listens on this machine's loopback, and the browser may be elsewhere. `reach` decides, as a pure
function of the address and of the `Place` where the kernel runs:

1. a public address (``SORA_KIT_PUBLIC_URL``) always wins;
2. under JupyterHub, Binder or Voilà inside a Jupyter server, jupyter-server-proxy carries it;
3. in a sandbox whose ports cannot be reached there is no address; cards then show the poster, and
   offer to send the clip another way;
4. otherwise the browser is on this machine and the address is right as it stands.

`media_url` asks the workspace who serves; when nobody does, it starts a server in this kernel.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sora_kit.store.characters import Character
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("Place", "media_url", "portrait_url", "reach")

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound

_starting = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the kernel runs, as far as addresses are concerned."""

    public: str = ""
    """Base URL under which the server is known outside, or empty."""

    hub: str = ""
    """Path prefix of a JupyterHub or Binder user server (``/user/ann/``), or empty."""

    voila: str = ""
    """Path prefix of a Jupyter server that runs Voilà as its extension, or empty."""

    proxy: bool = False
    """Whether jupyter-server-proxy is installed."""

    sandbox: bool = False
    """Whether no port of this machine can be reached from the browser (Colab, Codespaces)."""

    editor: bool = False
    """Whether outputs are shown in a frame of an editor (VS Code), which may refuse or miss our addresses."""

    @classmethod
    def here(cls, env: Mapping[str, str] | None = None) -> Self:
        """The place of this process, read from its environment."""
        env = os.environ if env is None else env
        base = env.get("VOILA_BASE_URL", "")
        # Voilà by itself has no proxy; as an extension of a Jupyter server its pages lie under voila/.
        extension = urlsplit(env.get("VOILA_REQUEST_URL", "")).path.startswith(f"{base}voila/")
        return cls(
            public=env.get("SORA_KIT_PUBLIC_URL", ""),
            hub=env.get("JUPYTERHUB_SERVICE_PREFIX", ""),
            voila=base if base and extension else "",
            proxy=_proxied(),
            sandbox=bool({"COLAB_RELEASE_TAG", "CODESPACES"} & env.keys()) or "google.colab" in sys.modules,
            editor=bool({"VSCODE_PID", "VSCODE_CWD"} & env.keys()),
        )


@cache
def _proxied() -> bool:
    """Whether jupyter-server-proxy is installed; a look takes a millisecond, and tables ask for each row."""
    return find_spec("jupyter_server_proxy") is not None


def reach(address: str, place: Place) -> str | None:
    """The address as the browser must write it.

    Args:
        address: Where a server on this machine answers, for example
            ``http://127.0.0.1:8000/media/f00.mp4``.
        place: Where the kernel runs.

    Returns:
        An absolute URL or an absolute path on the page's own origin; None when the browser has no way.
    """
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if place.public:
        public = place.public.rstrip("/")
        return address if address.startswith(f"{public}/") else public + path
    if parts.hostname not in _LOOPBACK:
        return address
    if place.hub or (place.voila and place.proxy):
        base = (place.voila or place.hub).rstrip("/")
        return f"{base}/proxy/{parts.port or 80}{path}" if place.proxy else None
    return None if place.sandbox else address


def media_url(studio: Studio, clip: Clip, what: Literal["video", "poster"] = "video") -> str | None:
    """A URL of the clip or its poster for the page that shows this kernel's outputs.

    When no process serves the workspace, a server is started in this one, on a free port of the
    loopback interface; it ends with the studio. Blocks for that moment (about 0.3 s), so it must not
    be called on the studio's loop.

    Args:
        studio: The open workspace that holds the clip.
        clip: A finished clip.
        what: The video (or picture) itself, or its poster.

    Returns:
        The URL, or None when the browser cannot reach any server of ours.
    """
    place = Place.here()
    address = clip.address(_base(studio, place), what)
    return reach(address, place) if address else None


def portrait_url(studio: Studio, character: Character) -> str | None:
    """A URL of a character's portrait for the page; as `media_url`."""
    place = Place.here()
    address = character.address(_base(studio, place))
    return reach(address, place) if address else None


def _base(studio: Studio, place: Place) -> str | None:
    """Address of a server of the workspace, started here if nobody has one."""
    if studio.closed:
        return None
    base = studio.media_base()
    if base is None and reach("http://127.0.0.1:1/", place):  # else a server here would help nobody
        with _starting:
            _serve_media(studio)
        base = studio.media_base()
    return base


def _serve_media(studio: Studio) -> None:
    """Start the studio's media server, or make it known again after an API server has gone.

    It is another server than that of `Studio.serve`, so that starting and stopping the API does not
    take away clips that are already on the page. It comes back on the port that it had, so that clips
    in a reopened notebook play again.
    """
    from sora_kit import server

    if studio.media_server is not None and studio.media_server.running:
        studio.advertise(studio.media_server.url)
        return
    wanted = studio.settings.get("media_port", 0)
    studio.media_server = server.start(studio, port=wanted, fallback=True, first_key=False)
    if studio.media_server.port != wanted:
        studio.settings.set("media_port", studio.media_server.port)
