"""Telling webhooks: signed, guarded, again and again for a day.

A message is ``{"id", "object": "event", "type", "created_at", "data": {"id": "video_…"}}``, as OpenAI sends
it, signed as Standard Webhooks says: ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``, an
HMAC-SHA256 of the three parts id, time and body. So `openai.OpenAI(webhook_secret=…).webhooks.unwrap`
accepts it. Any 2xx within `SECONDS` counts as taken. A redirect does not: the secret's messages go where
they were sent. 410 switches an endpoint off at once, and a message that nobody took for a day does so where
no other was taken meanwhile; the other endpoints are told (``webhook.disabled``).

One round a second looks for what is due (`sora_kit.store.outbox`); each message is a task of its own, so
that an endpoint that hangs holds up nobody. A round that finds nothing is one query.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import logging
import random
import threading
import time
from dataclasses import dataclass

from sora_kit.errors import FetchRefused, NotFound, SoraKitError, WorkspaceError
from sora_kit.media.guarded import ask, private_allowed, read_url
from sora_kit.store.outbox import COMPLETED, FAILED, Delivery
from sora_kit.store.webhooks import Endpoint, Webhooks

__all__ = ("Posting", "Reply", "body_of", "post", "signed", "try_out")

log = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
SECONDS = 15.0
"""For one try, from the name to the status."""

CLAIM_SECONDS = 60.0
"""After so long another runner takes a message whose runner said nothing; longer than a try may take."""

AT_ONCE = 16
"""Messages under way, and messages taken in one round."""

PER_ENDPOINT = 4

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 28_800.0)
"""Seconds between tries; with them a message is tried for a day."""

LONGEST_PAUSE = 86_400.0
PRUNE_SECONDS = 3600.0
GONE = 410


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one try."""

    status: int | None
    """What the other side answered; None if it did not."""
    error: str = ""
    """Why it failed; empty if it did not."""
    retry_after: float | None = None
    """Seconds that the other side asks to wait."""

    @property
    def taken(self) -> bool:
        """Whether the message was taken."""
        return self.status is not None and 200 <= self.status < 300


def body_of(one: Delivery) -> bytes:
    """The message, the same at each try."""
    about = "video_" + one.about.removeprefix("job_") if one.type in (COMPLETED, FAILED) else one.about
    event = {
        "id": one.id,
        "object": "event",
        "type": one.type,
        "created_at": int(one.created),
        "data": {"id": about},
    }
    return json.dumps(event, separators=(",", ":")).encode()


def signed(message_id: str, body: bytes, secrets: tuple[str, ...], now: float) -> dict[str, str]:
    """The headers that prove who sent a message.

    Args:
        message_id: Its id.
        body: Its bytes, as they are sent.
        secrets: ``whsec_…``; with several, there are as many signatures and one has to fit.
        now: Unix seconds.
    """
    stamp = str(int(now))
    text = f"{message_id}.{stamp}.".encode() + body
    signatures = (
        base64.b64encode(
            hmac.new(base64.b64decode(one.removeprefix("whsec_")), text, hashlib.sha256).digest()
        )
        for one in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one.decode()}" for one in signatures),
    }


async def post(url: str, message_id: str, body: bytes, secrets: tuple[str, ...]) -> Reply:
    """Send a message once."""
    headers = {"Content-Type": "application/json", "Accept": "*/*", "Accept-Encoding": "identity"}
    headers |= signed(message_id, body, secrets, time.time())
    try:
        async with (
            asyncio.timeout(SECONDS),
            ask(
                read_url(url), method="POST", headers=headers, content=body, allow_private=private_allowed()
            ) as answer,
        ):
            status, later = answer.status_code, answer.headers.get("retry-after", "")
    except TimeoutError:
        return Reply(None, f"It did not answer within {SECONDS:.0f} s")
    except FetchRefused as error:
        return Reply(None, f"{error.what}. {error.why}".rstrip(". ") + ".")
    reply = Reply(status, retry_after=min(float(later), LONGEST_PAUSE) if later.isdecimal() else None)
    if reply.taken:
        return reply
    what = "It redirects, which is not followed" if 300 <= status < 400 else "It did not take the message"
    return Reply(status, f"{what}: status {status}", reply.retry_after)


async def try_out(webhooks: Webhooks, endpoint: Endpoint, event: str = COMPLETED) -> Reply:
    """Send a sample to an endpoint, whether it is on or off; nothing is kept of it."""
    now = time.time()
    sample = Delivery("evt_test", endpoint.id, event, "job_test", "waiting", now, now, 0, None, "", None)
    return await post(endpoint.url, sample.id, body_of(sample), webhooks.signing(endpoint.id))


class Posting:
    """Delivers what is due, in a process that runs jobs. All methods run on the background loop."""

    def __init__(self, webhooks: Webhooks) -> None:
        self.webhooks = webhooks
        self.outbox = webhooks.outbox
        self.task: asyncio.Task[None] | None = None
        self.under_way: set[asyncio.Task[None]] = set()
        self.queues: dict[str, asyncio.Semaphore] = {}
        self.next_prune = 0.0

    def start(self) -> None:
        """Begin."""
        self.task = asyncio.get_running_loop().create_task(self.tend(), name="sora-kit-webhooks")

    async def tend(self) -> None:
        """Round after round, until cancelled."""
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                self.round()
            except WorkspaceError as error:  # a full disk or a busy file passes
                log.warning("webhooks cannot be told at the moment: %s", error)
            except Exception:  # nothing that goes wrong once may end it
                if not threading.main_thread().is_alive():
                    return
                log.exception("telling webhooks failed; trying again")

    def round(self) -> None:
        """Take what is due, as far as there is room."""
        room = AT_ONCE - len(self.under_way)
        if room > 0:
            for one in self.outbox.take(room, time.time() + CLAIM_SECONDS):
                task = asyncio.get_running_loop().create_task(self.tell(one))
                self.under_way.add(task)
                task.add_done_callback(self.under_way.discard)
        if time.monotonic() >= self.next_prune:
            self.next_prune = time.monotonic() + PRUNE_SECONDS
            self.outbox.prune()
            self.queues.clear()

    async def tell(self, one: Delivery) -> None:
        """One try of one message."""
        try:
            endpoint = self.webhooks.get(one.webhook)
            if not endpoint.enabled:
                self.outbox.tried(one, state="dead", status=None, error="The webhook is off")
                return
            # somebody who hangs must not take all the room
            queue = self.queues.setdefault(one.webhook, asyncio.Semaphore(PER_ENDPOINT))
            if queue.locked():
                self.outbox.put_back(one, time.time() + ROUND_SECONDS)
                return
            async with queue:
                reply = await post(endpoint.url, one.id, body_of(one), self.webhooks.signing(one.webhook))
            self.note(one, endpoint, reply)
        except NotFound:
            return  # it was removed meanwhile
        except WorkspaceError as error:  # it is tried again when our claim has ended
            log.warning("a webhook could not be told: %s", error)
        except SoraKitError as error:
            self.outbox.tried(one, state="dead", status=None, error=str(error))
        except Exception:  # a message that breaks us must not be tried for ever
            log.exception("a webhook could not be told")
            self.note(one, endpoint, Reply(None, "Something went wrong here; the log has it"))

    def note(self, one: Delivery, endpoint: Endpoint, reply: Reply) -> None:
        """Write down how a try went, and what follows."""
        if reply.taken:
            self.outbox.tried(one, state="delivered", status=reply.status)
            return
        if reply.status != GONE and one.tries < len(PAUSES):
            pause = max(PAUSES[one.tries] * random.uniform(0.9, 1.1), reply.retry_after or 0.0)  # noqa: S311 (jitter)
            due = time.time() + pause
            self.outbox.tried(one, state="waiting", status=reply.status, error=reply.error, due=due)
            return
        self.outbox.tried(one, state="dead", status=reply.status, error=reply.error)
        if reply.status == GONE:
            self.give_up(endpoint, "It answered 410: nobody listens there any more")
        elif (now := self.webhooks.get(endpoint.id)).last_ok is None or now.last_ok < one.created:
            self.give_up(endpoint, f"It took no message for a day. The last try: {reply.error}")

    def give_up(self, endpoint: Endpoint, cause: str) -> None:
        """Switch an endpoint off."""
        log.warning("the webhook %s is switched off: %s", endpoint.id, cause)
        self.webhooks.give_up(endpoint.id, cause)

    async def close(self) -> None:
        """Stop; what was not told is told by the next runner."""
        tasks = [*self.under_way, *([self.task] if self.task is not None else [])]
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
