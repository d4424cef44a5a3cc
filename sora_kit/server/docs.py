"""``/openapi.json`` and ``/docs``.

Litestar derives the document from the handlers: paths, parameters, and the typed bodies and answers of
``/admin``. What it cannot see is added here: the bodies and answers of ``/v1``, which are read and built
by hand (`sora_kit.server.wire_operations`, `sora_kit.server.wire_schemas`), the failures, all in OpenAI's
envelope, and the ways in. The page is drawn from the same document on the server and loads nothing from
elsewhere, so it works offline.

Both are open to this machine and elsewhere need a key. Litestar's own pages load scripts from elsewhere
and ask for no key, so none of them is there.
"""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import HttpMethod, MediaType, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Tag

from sora_kit import __version__
from sora_kit.server.addresses import base_url
from sora_kit.server.auth import require_key_unless_local
from sora_kit.server.visible import Wire
from sora_kit.server.wire_operations import OPERATIONS, Body, Operation
from sora_kit.server.wire_schemas import SCHEMAS, ref

__all__ = ("document", "openapi_config", "openapi_json", "show_docs")

HIDDEN = "/.openapi"

TAGS = {
    "Videos": "OpenAI's Videos API",
    "Images": "OpenAI's Images API",
    "Chat": "Videos, pictures and texts from a chat",
    "Models": "What there is to choose from",
    "Webhooks": "Being told of the end of videos",
    "Media": "Clips and pictures by their secret address",
    "Health": "For supervisors and load balancers",
    "Admin": "Everything that the panels do",
}

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")

WITH_KEY = (400, 401, 403, 429)
"""How every operation with a key may fail."""

ADMIN = (*WITH_KEY, 404, 413, 415, 503)

WORDS = {
    400: "It cannot be done as it was asked",
    401: "There is no key, or none that is valid here",
    402: "It would cost more than is allowed",
    403: "The key may not do this",
    404: "There is no such thing, or the key may not see it",
    413: "The body is too large",
    415: "This kind of body cannot be read",
    416: "The file has no such bytes",
    429: "Too much was asked for; see Retry-After",
    500: "Something went wrong inside the server",
    502: "The backend failed",
    503: "It cannot be done now; see Retry-After",
    504: "It takes longer than a request may wait, and goes on",
    507: "There is no space left",
}


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>sora_kit API</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
code, pre {{ font: 14px/1.5 ui-monospace, monospace }}
pre {{ padding: 1rem; border: 1px solid #8886; border-radius: 8px; overflow: auto }}
dt {{ margin-top: 1rem }} dd {{ margin: 0 }}
</style></head><body>
<h1>sora_kit API {version}</h1>
<p>The base address of OpenAI clients is <code>{base}/v1</code>. The machine-readable form of this page is
<a href="openapi.json">openapi.json</a>.</p>
<pre>from openai import OpenAI

client = OpenAI(base_url="{base}/v1", api_key="YOUR KEY")
video = client.videos.create_and_poll(model="sora-2", prompt="A kitten on a beach")
client.videos.download_content(video.id).write_to_file("kitten.mp4")</pre>
<dl>{rows}</dl>
</body></html>"""


def openapi_config() -> OpenAPIConfig:
    """How the framework makes its part. Each application needs its own."""

    async def closed(_: ASGIConnection[Any, Any, Any, Any], __: BaseRouteHandler) -> None:
        raise NotFoundException

    return OpenAPIConfig(
        title="sora_kit",
        version=__version__,
        description="An OpenAI-compatible API for AI video and images.",
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        path=HIDDEN,
        # without any plugin the framework serves all of them
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router(HIDDEN, route_handlers=[], guards=[closed], include_in_schema=False),
        operation_id_creator=name_of,
    )


def name_of(handler: HTTPRouteHandler, method: Any, _: list[Any]) -> str:
    """What a generated client calls an operation."""
    name = str(handler.handler_name).rpartition(".")[2]
    return f"{name}_head" if HttpMethod(method) is HttpMethod.HEAD else name


def document(request: Wire) -> dict[str, Any]:
    """The OpenAPI document."""
    schema = request.app.openapi_schema.to_schema()
    parts = schema.setdefault("components", {})
    parts.setdefault("schemas", {}).update(SCHEMAS)
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
        "key_header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        "admin": {"type": "http", "scheme": "bearer", "description": "An admin's key, session or password"},
    }
    parts["responses"] = {
        str(status): {
            "description": words,
            "content": {"application/json": {"schema": ref("Error")}},
        }
        for status, words in WORDS.items()
    }
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            complete(path, operation, OPERATIONS.get((method, path)))
    return schema


def complete(path: str, operation: dict[str, Any], known: Operation | None) -> None:
    """Add to an operation what the framework cannot see."""
    answers: dict[str, Any] = operation["responses"]
    answers.pop("400", None)  # the framework's own form of a refusal
    failures = set(known.failures if known else ())
    if path.startswith("/v1/"):
        operation["security"] = [{"key": []}, {"key_header": []}]
        failures.update(WITH_KEY)
    elif path.startswith("/admin/"):
        failures.update(ADMIN)
        if path != "/admin/login":
            operation["security"] = [{"admin": []}]
    if known is not None:
        answers["200"]["content"] = contents(known)
        answers |= {str(status): {"description": words} for status, words in known.statuses.items()}
        if known.body is not None:
            operation["requestBody"] = request_body(known.body)
    for status in sorted(failures):
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    for answer in answers.values():
        if description := answer.get("description"):
            answer["description"] = "Done" if description.startswith("Request fulfilled") else description


def contents(known: Operation) -> dict[str, Any]:
    """The forms of an answer."""
    shown = {"application/json": ref(known.answer) if known.answer else {"type": "object"}}
    return {kind: {"schema": shown.get(kind, {})} if kind in shown else {} for kind in known.types}


def request_body(body: Body) -> dict[str, Any]:
    """The encodings of a body."""
    schema = {"type": "object", "required": list(body.required), "properties": body.fields}
    if not body.required:
        del schema["required"]
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    for kind in FORMS if body.forms else ():
        files = {name: {"type": "string", "format": "binary"} for name in body.files}
        whole = files if kind == FORMS[0] else {}
        content[kind] = {"schema": {**schema, "properties": {**body.fields, **whole}}}
    return {"required": body.needed, "content": content}


@get("/openapi.json", include_in_schema=False, guards=[require_key_unless_local])
async def openapi_json(request: Wire) -> dict[str, Any]:
    """The document. Open on this machine, elsewhere with a key."""
    return document(request)


@get(["/", "/docs"], include_in_schema=False, guards=[require_key_unless_local])
async def show_docs(request: Wire) -> Response[str]:
    """The same for people."""
    rows = "".join(
        f"<dt><code>{escape(method.upper())} {escape(path)}</code></dt>"
        f"<dd>{escape(operation.get('summary') or '')}. {escape(operation.get('description') or '')}</dd>"
        for path, operations in document(request)["paths"].items()
        for method, operation in operations.items()
    )
    page = _PAGE.format(version=escape(__version__), base=escape(base_url(request)), rows=rows)
    policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(page, media_type=MediaType.HTML, headers=policy)
