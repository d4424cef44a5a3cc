"""The two questions that clients ask most, answered in front of the framework.

Whoever waits for a video asks ``GET /v1/videos/{id}`` every other second, and chat programs ask ``GET
/v1/models`` whenever they open. Routing, injection and serialising cost as much as all the rest of the
server, so `Quick` gives these answers itself: what the same functions made before, as long as the
revision of the job's row is the same, which is looked up for each request.

It says nothing that the application would not say. A request with anything unusual about it (a key that
is wrong, limited or new, an origin, a query, an id that is not there, a video made from another, of which
its answer tells) goes on to the application as if nobody had looked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sora_kit.errors import SoraKitError
from sora_kit.server.addresses import base_of
from sora_kit.server.auth import LOOKING, presented
from sora_kit.server.models import models_list
from sora_kit.server.shield import PAGES
from sora_kit.server.video_object import job_id, poll_after, video_object
from sora_kit.server.visible import visible
from sora_kit.store.masking import mask, size_word
from sora_kit.store.revisions import Revisions

if TYPE_CHECKING:
    from sora_kit.store import KeyRecord
    from sora_kit.studio import Studio

__all__ = ("Known", "Quick")

MODELS = "/v1/models"
VIDEOS = "/v1/videos/"
LONGEST = 64
"""Neither an id of a video nor a key that is worth looking up is longer than this and that."""

LONGEST_KEY = 512

UNUSUAL = frozenset({b"origin", b"range", b"expect", b"content-length", b"transfer-encoding"})
"""Headers that may make another answer of it."""

KEPT = 1024
LARGEST = 8192
"""Answers that are kept, and the bytes of the largest of them."""

Headers = list[tuple[bytes, bytes]]


class Known(NamedTuple):
    """An answer, and what it hangs on."""

    body: bytes
    headers: Headers
    told: str
    """What the request log keeps of it, masked."""
    revision: int = 0
    owner: str = ""
    job: str | None = None
    model: str | None = None


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
        self.models = Known(body, self.headers(body), f"<application/json, {size_word(len(body))}>")
        self.videos: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def find(self, scope: Mapping[str, Any]) -> tuple[Known, str] | None:
        """The answer to a request and the id of its key, or None for what the application should answer."""
        path: str = scope["path"]
        if scope["method"] != "GET" or not (path == MODELS or path.startswith(VIDEOS)):
            return None
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]) or scope["query_string"] or not UNUSUAL.isdisjoint(headers):
            return None
        key = self.key(scope)
        if key is None:
            return None
        if path == MODELS:
            return None if key.models else (self.models, key.id)
        known = self.video(job_id(path[len(VIDEOS) :]), key.id, scope, headers)
        return (known, key.id) if known is not None else None

    def key(self, scope: Mapping[str, Any]) -> KeyRecord | None:
        """The key that asks, if there is nothing more to be said about it."""
        keys = self.studio.keys
        for secret in presented(scope["headers"]):
            key = keys.check(secret) if len(secret) <= LONGEST_KEY else None
            # requests are counted, and uses written, by the application
            if key is None or key.per_minute is not None or keys.unwritten or LOOKING.isdisjoint(key.scopes):
                return None
            return key
        return None

    def video(
        self, job: str, owner: str, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]
    ) -> Known | None:
        """The answer about a job, made anew if the job has changed."""
        if len(job) > LONGEST or (revision := self.revisions.of(job)) is None:
            return None
        base = base_of(scope, headers)
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
            body,
            self.headers(body, None if record.done else poll_after(record)),
            mask(body.decode()),
            *(record.revision, record.owner, record.id, record.model),
        )
        if len(body) <= LARGEST:
            self.videos[job, base] = known
            if len(self.videos) > KEPT:
                self.videos.popitem(last=False)
        return known

    def headers(self, body: bytes, again: int | None = None) -> Headers:
        """The headers of an answer; ``again`` is when to ask again, in milliseconds."""
        own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        poll = [(b"openai-poll-after-ms", str(again).encode())] if again is not None else []
        return self.dressed([*own, *poll], PAGES)
