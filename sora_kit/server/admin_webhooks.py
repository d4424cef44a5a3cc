"""``/admin/webhooks``: who is told when a video has ended, and how that went."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from sora_kit.engine.webhooks import try_out
from sora_kit.server.admin_bodies import given
from sora_kit.store.outbox import COMPLETED, Delivery
from sora_kit.store.webhooks import USUAL, Endpoint
from sora_kit.studio import Studio

__all__ = ("HANDLERS",)


class WebhookChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    url: str | UnsetType = UNSET
    events: list[str] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WebhookWish(msgspec.Struct, forbid_unknown_fields=True):
    """A webhook to be made."""

    url: Annotated[str, Meta(description="Where messages are posted")]
    events: list[str] = msgspec.field(default_factory=lambda: list(USUAL))
    name: str = ""
    owner: Annotated[str, Meta(description="Id of an API key: only its videos; empty for all")] = ""


class Webhook(msgspec.Struct):
    """A webhook; never its secret. Times are Unix seconds."""

    id: str
    url: str
    name: str
    events: list[str]
    owner: str
    hint: Annotated[str, Meta(description="The last four characters of its secret")]
    enabled: bool
    cause: Annotated[str, Meta(description="Why it is off")]
    created: float
    updated: float
    last_ok: Annotated[float | None, Meta(description="When it took a message last")]
    failing_since: Annotated[float | None, Meta(description="Since when it takes none")]
    object: Literal["webhook"] = "webhook"


class WebhookMade(Webhook):
    """A webhook with its secret, which is shown now and never again."""

    secret: Annotated[str, Meta(description="For `openai.OpenAI(webhook_secret=…)`")] = ""


class WebhookList(msgspec.Struct):
    """All webhooks, oldest first."""

    data: list[Webhook]
    object: Literal["list"] = "list"


class WebhookTest(msgspec.Struct):
    """What came of a sample."""

    taken: bool
    status: int | None
    error: str
    object: Literal["webhook.test"] = "webhook.test"


class Message(msgspec.Struct):
    """One message for one webhook. Times are Unix seconds."""

    id: str
    webhook: str
    type: str
    about: Annotated[str, Meta(description="Id of the job, or of the webhook that was given up")]
    state: Literal["waiting", "delivered", "dead"]
    created: float
    due: Annotated[float, Meta(description="When it is tried next")]
    tries: int
    status: int | None
    error: str
    ended: float | None
    object: Literal["webhook.delivery"] = "webhook.delivery"


class MessageList(msgspec.Struct):
    """Messages, newest first; go on with ``after`` = ``last_id``."""

    data: list[Message]
    has_more: bool
    last_id: str | None
    object: Literal["list"] = "list"


@get("/webhooks", summary="List the webhooks")
async def list_webhooks(studio: NamedDependency[Studio]) -> WebhookList:
    """All webhooks, with how they fare."""
    return WebhookList([shown(one) for one in studio.webhooks.list()])


@post("/webhooks", status_code=200, summary="Make a webhook")
async def create_webhook(studio: NamedDependency[Studio], data: JSONBody[WebhookWish]) -> WebhookMade:
    """Tell an address of the ends of videos. The answer holds its secret, which cannot be read again."""
    made = studio.webhooks.add(data.url, data.events, name=data.name, owner=data.owner)
    return WebhookMade(**made.endpoint.to_json(), secret=made.secret)


@get("/webhooks/{webhook:str}", summary="Look at one webhook")
async def read_webhook(studio: NamedDependency[Studio], webhook: FromPath[str]) -> Webhook:
    """One webhook."""
    return shown(studio.webhooks.get(webhook))


@patch("/webhooks/{webhook:str}", summary="Change a webhook")
async def edit_webhook(
    studio: NamedDependency[Studio], webhook: FromPath[str], data: JSONBody[WebhookChange]
) -> Webhook:
    """Change what is given. One that is switched on begins afresh."""
    return shown(studio.webhooks.change(webhook, **given(data)))


@delete("/webhooks/{webhook:str}", status_code=200, summary="Remove a webhook")
async def remove_webhook(studio: NamedDependency[Studio], webhook: FromPath[str]) -> Webhook:
    """Forget it, its secret and its messages."""
    return shown(studio.webhooks.remove(webhook))


@post("/webhooks/{webhook:str}/rotate", status_code=200, summary="Give a webhook a new secret")
async def rotate_webhook(
    studio: NamedDependency[Studio], webhook: FromPath[str], keep_old: FromQuery[bool] = False
) -> WebhookMade:
    """A new secret; with ``keep_old`` the old one signs, too, for a day."""
    made = studio.webhooks.rotate(webhook, keep_old=keep_old)
    return WebhookMade(**made.endpoint.to_json(), secret=made.secret)


@post("/webhooks/{webhook:str}/test", status_code=200, summary="Try a webhook")
async def test_webhook(studio: NamedDependency[Studio], webhook: FromPath[str]) -> WebhookTest:
    """Send a sample now, signed like the others, and tell what came of it."""
    reply = await try_out(studio.webhooks, studio.webhooks.get(webhook), COMPLETED)
    return WebhookTest(reply.taken, reply.status, reply.error)


@get("/webhooks/{webhook:str}/deliveries", summary="See what was told")
async def list_deliveries(
    studio: NamedDependency[Studio],
    webhook: FromPath[str],
    only: Annotated[Literal["waiting", "delivered", "dead"] | None, QueryParameter(name="state")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[str | None] = None,
) -> MessageList:
    """The messages of one webhook; ``state=dead`` are those that nobody took."""
    found = studio.webhooks.outbox.latest(
        studio.webhooks.get(webhook).id, states=[only] if only else None, limit=limit + 1, before=after
    )
    data = [message(one) for one in found[:limit]]
    return MessageList(data, len(found) > limit, data[-1].id if data else None)


@post("/webhooks/deliveries/{delivery:str}/retry", status_code=200, summary="Send a message again")
async def retry_delivery(studio: NamedDependency[Studio], delivery: FromPath[str]) -> Message:
    """Try a message anew, with all its tries before it."""
    return message(studio.webhooks.retry(delivery))


def shown(one: Endpoint) -> Webhook:
    """A webhook as it is shown."""
    return Webhook(**one.to_json())


def message(one: Delivery) -> Message:
    """A message as it is shown."""
    return Message(**one.to_json())


HANDLERS = (
    list_webhooks,
    create_webhook,
    read_webhook,
    edit_webhook,
    remove_webhook,
    rotate_webhook,
    test_webhook,
    list_deliveries,
    retry_delivery,
)
