"""What clients ask most, answered by the connection itself.

Whoever waits for a video asks ``GET /v1/videos/{id}`` every other second, chat programs ask ``GET
/v1/models`` whenever they open, and players ask for a clip piece by piece. Routing, injection, serialising
and threads cost many times what there is to say, and even a task and two ASGI messages cost as much as all
of it. So the parser's callback asks `Quick` as soon as the headers are there
(`sora_kit.server.connections.GuardedHttpTools`), and if there is an answer, the connection writes it in one
piece, before the next request of the same client is looked at.

Nothing is believed longer than elsewhere. For each request the key is looked up as the application does
(`sora_kit.store.keys.BELIEVED`), and the row of the job or clip is known as it is now
(`sora_kit.store.revisions`), so that what any process has changed is seen by the next request. Only what was
made from a row is kept, for as long as its revision is the same, and for a second what was read out of
headers: a client always sends the same.

It says nothing that the application would not say. A request with anything unusual about it (a key that
is wrong, limited or new, an origin, a query, an id that is not there, a video made from another, of which
its answer tells) goes on to the application as if nobody had looked. So does everything over h11, and
everything on PostgreSQL, where the way is what costs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sora_kit.errors import SoraKitError
from sora_kit.server.addresses import base_of
from sora_kit.server.auth import LOOKING, presented
from sora_kit.server.models import models_list
from sora_kit.server.quick_media import MEDIA_PATH, piece
from sora_kit.server.shield import MEDIA, PAGES
from sora_kit.server.trace import client_address
from sora_kit.server.video_object import job_id, poll_after, video_object
from sora_kit.server.visible import visible
from sora_kit.store.keys import BELIEVED, digest
from sora_kit.store.masking import mask, size_word
from sora_kit.store.revisions import Revisions

if TYPE_CHECKING:
    from sora_kit.store import KeyRecord
    from sora_kit.studio import Studio

__all__ = ("Found", "Known", "Quick")

MODELS = "/v1/models"
VIDEOS = "/v1/videos/"
LONGEST = 64
"""Neither an id of a video nor a key that is worth looking up is longer than this and that."""

LONGEST_KEY = 512

VIDEO_ROUTE = "/v1/videos/{video}"
MEDIA_ROUTE = "/media/{name}"

UNUSUAL = frozenset({b"origin", b"expect", b"upgrade", b"content-length", b"transfer-encoding"})
"""Headers that may make another answer of it."""

KEPT = 1024
LARGEST = 8192
"""Answers that are kept, and the bytes of the largest of them."""

Headers = list[tuple[bytes, bytes]]


class Asker(NamedTuple):
    """What the headers of a request tell."""

    mark: str
    """Hash of its key."""

    unattended: KeyRecord | None
    """Its key, if that is the environment's."""

    base: str
    """Address of the answer's media."""

    client: str
    """Its address, for the log."""


class Known(NamedTuple):
    """An answer, and what it hangs on."""

    head: bytes
    """The line of its status and its headers; the connection's own headers and an empty line follow."""

    body: bytes
    route: str
    """As it is counted."""

    status: int = 200
    told: str | None = None
    """What the request log keeps of it, masked; None leaves no row."""

    revision: int = 0
    owner: str = ""
    job: str | None = None
    model: str | None = None


class Found(NamedTuple):
    """An answer to a request."""

    known: Known
    owner: str = ""
    """Id of its key."""

    client: str = ""


class Quick:
    """Finds answers; see the module. It is asked on the studio's loop only.

    Args:
        studio: Whose videos they are.
        dressed: Adds the headers that every answer has (`sora_kit.server.shield.Shield`).
    """

    def __init__(self, studio: Studio, dressed: Callable[[Headers, Headers], Headers]) -> None:
        self.studio = studio
        self.dressed = dressed
        self.revisions = Revisions(studio.workspace.database)
        body = msgspec.json.encode(models_list())
        # it is the same for everybody: its size is all that the log need know
        told = f"<application/json, {size_word(len(body))}>"
        self.models = Known(self.json_head(body), body, MODELS, told=told)
        self.askers: dict[tuple[Any, ...], Asker | None] = {}
        self.until = 0.0
        """When what is known of askers is forgotten (monotonic seconds)."""
        self.videos: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def find(self, scope: Mapping[str, Any]) -> Found | None:
        """The answer to a request, or None for what the application should answer.

        Args:
            scope: Of ASGI; its ``path`` is as it was sent, and the method ``GET``.
        """
        path: str = scope["path"]
        if path.startswith(MEDIA_PATH):
            return self.media(path[len(MEDIA_PATH) :], scope["headers"])
        if not path.startswith(VIDEOS) and path != MODELS:
            return None
        if (asker := self.asker(scope)) is None or (key := self.key(asker)) is None:
            return None
        if path == MODELS:
            known = None if key.models else self.models
        else:
            known = self.video(job_id(path[len(VIDEOS) :]), key.id, asker.base)
        return Found(known, key.id, asker.client) if known is not None else None

    def media(self, name: str, sent: Headers) -> Found | None:
        """A piece of a clip; nobody is asked for a key."""
        if (headers := usual(sent)) is None:
            return None
        token, _, ext = name.rpartition(".")
        lying = self.revisions.clip(token) if token and len(token) <= LONGEST else None
        found = piece(self.studio.workspace.media, lying, ext, headers) if lying is not None else None
        if found is None:
            return None
        head, body = found
        wire = head_of(head.status, self.dressed(head.headers, MEDIA))
        return Found(Known(wire, body, MEDIA_ROUTE, status=head.status))

    def asker(self, scope: Mapping[str, Any]) -> Asker | None:
        """What the headers of a request tell; None if there is anything unusual about them."""
        peer = scope.get("client")
        told = (peer and peer[0], scope.get("scheme"), scope.get("server"), *scope["headers"])
        if (now := time.monotonic()) > self.until or len(self.askers) > KEPT:
            self.askers.clear()  # the environment, which counts too, may have changed
            self.until = now + BELIEVED
        if told not in self.askers:
            self.askers[told] = self.read(scope)
        return self.askers[told]

    def read(self, scope: Mapping[str, Any]) -> Asker | None:
        """As `asker`, from the headers themselves."""
        headers = usual(scope["headers"])
        secret = next(presented(scope["headers"]), None)
        if headers is None or b"range" in headers or secret is None or len(secret) > LONGEST_KEY:
            return None
        unattended = self.studio.keys.unattended(secret)
        return Asker(digest(secret), unattended, base_of(scope, headers), client_address(scope))

    def key(self, asker: Asker) -> KeyRecord | None:
        """The key that asks, if there is nothing more to be said about it."""
        keys = self.studio.keys
        key = asker.unattended or keys.marked(asker.mark)
        # requests are counted, and uses written, by the application
        if key is None or key.per_minute is not None or keys.unwritten or LOOKING.isdisjoint(key.scopes):
            return None
        return key

    def video(self, job: str, owner: str, base: str) -> Known | None:
        """The answer about a job, made anew if the job has changed."""
        if len(job) > LONGEST or (revision := self.revisions.of(job)) is None:
            return None
        known = self.videos.get((job, base))
        if known is None or known.revision != revision:
            known = self.made(job, base)
        return known if known is not None and known.owner in ("", owner) else None

    def made(self, job: str, base: str) -> Known | None:
        """The answer about a job as it is now."""
        self.videos.pop((job, base), None)
        try:
            record = self.studio.record(job)
            if record.parent is not None or not visible(self.studio, record, record.owner):
                return None
            body = msgspec.json.encode(video_object(self.studio, record, base))
        except SoraKitError:
            return None
        known = Known(
            self.json_head(body, None if record.done else poll_after(record)),
            body,
            VIDEO_ROUTE,
            told=mask(body.decode()),
            revision=record.revision,
            owner=record.owner,
            job=record.id,
            model=record.model,
        )
        if len(body) <= LARGEST:
            self.videos[job, base] = known
            if len(self.videos) > KEPT:
                self.videos.popitem(last=False)
        return known

    def json_head(self, body: bytes, again: int | None = None) -> bytes:
        """The head of an answer; ``again`` is when to ask again, in milliseconds."""
        own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        poll = [(b"openai-poll-after-ms", str(again).encode())] if again is not None else []
        return head_of(200, self.dressed([*own, *poll], PAGES))


def usual(sent: Headers) -> dict[bytes, bytes] | None:
    """Headers by their names; None if one may make another answer of it, or comes twice."""
    headers = dict(sent)
    return headers if len(headers) == len(sent) and UNUSUAL.isdisjoint(headers) else None


def head_of(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The line of a status and headers, as they go over the wire."""
    line = f"HTTP/1.1 {status:d} {HTTPStatus(status).phrase}\r\n".encode()
    return b"".join((line, *(b"%b: %b\r\n" % pair for pair in headers)))
