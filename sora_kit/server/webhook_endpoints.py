"""``/v1/webhook_endpoints``, as newer OpenAI clients ask for it (``client.webhooks.create``, …).

OpenAI's endpoints belong to a project, and here to the API key that made them: they hear of that key's
videos only, and other keys do not see them. Those of everybody's videos are made at ``/admin/webhooks``.
"""

from __future__ import annotations

from itertools import dropwhile, islice
from typing import Annotated, Any

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from sora_kit.engine.webhooks import try_out
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.server import fields
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.envelope import Failure, Problem
from sora_kit.server.visible import Wire, owner_of
from sora_kit.store.outbox import COMPLETED, FAILED
from sora_kit.store.webhooks import Endpoint
from sora_kit.studio import Studio

__all__ = ("ENDPOINTS",)

TOLD = (COMPLETED, FAILED)
Answer = dict[str, Any]
TAGS = ["Webhooks"]


@post("/v1/webhook_endpoints", status_code=200, tags=TAGS, summary="Make a webhook")
async def create_endpoint(request: Wire, studio: NamedDependency[Studio]) -> Answer:
    """Tell an address of the ends of this key's videos. The secret is in this answer and in no other."""
    body = await read_body(request)
    made = studio.webhooks.add(
        fields.text(body, "url", required=True),
        events(body) or TOLD,
        name=fields.text(body, "name"),
        owner=owner_of(request),
    )
    return shown(made.endpoint) | {"signing_secret": made.secret}


@get("/v1/webhook_endpoints", tags=TAGS, summary="List the webhooks")
async def list_endpoints(
    request: Wire,
    studio: NamedDependency[Studio],
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> Answer:
    """A page of this key's webhooks; go on with ``after`` = the page's ``last_id``."""
    found = iter(studio.webhooks.list(owner_of(request)))
    if after is not None:
        found = islice(dropwhile(lambda one: one.id != after, found), 1, None)
    page = [shown(one) for one in islice(found, limit + 1)]
    data = page[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(page) > limit,
    }


@get("/v1/webhook_endpoints/{endpoint:str}", tags=TAGS, summary="Look at one webhook")
async def retrieve_endpoint(
    request: Wire, studio: NamedDependency[Studio], endpoint: FromPath[str]
) -> Answer:
    """One webhook of this key."""
    return shown(mine(request, studio, endpoint))


@post("/v1/webhook_endpoints/{endpoint:str}", status_code=200, tags=TAGS, summary="Change a webhook")
async def update_endpoint(request: Wire, studio: NamedDependency[Studio], endpoint: FromPath[str]) -> Answer:
    """Change its address, name or events. One that was given up is tried again from now on."""
    found, body = mine(request, studio, endpoint), await read_body(request)
    changed = studio.webhooks.change(
        found.id,
        url=fields.text(body, "url") or None,
        name=fields.text(body, "name") if body.get("name") is not None else None,
        events=events(body),
        enabled=True,
    )
    return shown(changed)


@delete("/v1/webhook_endpoints/{endpoint:str}", status_code=200, tags=TAGS, summary="Remove a webhook")
async def delete_endpoint(request: Wire, studio: NamedDependency[Studio], endpoint: FromPath[str]) -> Answer:
    """Forget it and its messages."""
    gone = studio.webhooks.remove(mine(request, studio, endpoint).id)
    return {"id": gone.id, "object": "webhook_endpoint.deleted", "deleted": True}


@post(
    "/v1/webhook_endpoints/{endpoint:str}/rotate_secret",
    status_code=200,
    tags=TAGS,
    summary="Give a webhook a new secret",
)
async def rotate_endpoint(request: Wire, studio: NamedDependency[Studio], endpoint: FromPath[str]) -> Answer:
    """A new secret; the old one goes at once, or signs for a day more."""
    found, body = mine(request, studio, endpoint), await read_body(request)
    keep = fields.flag(body, "keep_old_secret_active_for_24_hours")
    made = studio.webhooks.rotate(found.id, keep_old=keep)
    return shown(made.endpoint) | {"signing_secret": made.secret}


@post("/v1/webhook_endpoints/{endpoint:str}/test", status_code=200, tags=TAGS, summary="Try a webhook")
async def test_endpoint(request: Wire, studio: NamedDependency[Studio], endpoint: FromPath[str]) -> Answer:
    """Send a sample and tell with which status it was answered."""
    found, body = mine(request, studio, endpoint), await read_body(request)
    event = fields.text(body, "event_type") or COMPLETED
    if event not in TOLD:
        raise unknown(event)
    reply = await try_out(studio.webhooks, found, event)
    if reply.status is None:
        what = f"The address could not be reached. {reply.error}"
        raise Failure(Problem(400, what, "webhook_unreachable", "url"))
    return {
        "object": "webhook_endpoint.test",
        "event_type": event,
        "status_code": reply.status,
        "success": True,
        "webhook_endpoint_id": found.id,
    }


@get("/v1/webhook_event_types", tags=TAGS, summary="List the events")
async def list_event_types() -> Answer:
    """What a webhook can hear of."""
    return {"object": "list", "data": list(TOLD)}


def mine(request: Wire, studio: Studio, endpoint: str) -> Endpoint:
    """A webhook of the key that asks.

    Raises:
        NotFound: There is none, or it is another's.
    """
    owner = owner_of(request)
    found = next((one for one in studio.webhooks.list(owner) if one.id == endpoint), None)
    if found is None:
        raise NotFound(
            f"There is no webhook {endpoint[:80]!r}",
            why="It was removed, or this key may not see it",
            fix="List them with GET /v1/webhook_endpoints",
            param="webhook_endpoint_id",
        )
    return found


def events(body: Tree) -> list[str] | None:
    """The events that a body names.

    Raises:
        InvalidInput: One is none that is told here.
    """
    given = fields.unpacked(body.get("event_types"))
    if given is None:
        return None
    names = [str(one) for one in given] if isinstance(given, list) else [str(given)]
    for name in names:
        if name not in TOLD:
            raise unknown(name)
    return names


def unknown(event: str) -> InvalidInput:
    """The refusal of an event."""
    return InvalidInput(
        f"{event[:80]!r} is not told here", fix=f"There are {' and '.join(TOLD)}", param="event_types"
    )


def shown(one: Endpoint) -> Answer:
    """A webhook in OpenAI's words."""
    return {
        "id": one.id,
        "object": "webhook_endpoint",
        "created_at": int(one.created),
        "updated_at": int(one.updated),
        "event_types": list(one.events),
        "name": one.name,
        "url": one.url,
        "signing_secret_hint": f"whsec_…{one.hint}",
    }


ENDPOINTS = (
    create_endpoint,
    list_endpoints,
    retrieve_endpoint,
    update_endpoint,
    delete_endpoint,
    rotate_endpoint,
    test_endpoint,
    list_event_types,
)
