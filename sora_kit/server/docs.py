"""``/openapi.json`` and ``/docs``.

Litestar derives the document from the handlers; bodies are added here, because the handlers read them
leniently (three encodings, aliases) rather than through a model. The page is drawn from the same
document on the server and loads nothing from elsewhere, so it works offline.
"""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import MediaType, Response, get
from litestar.openapi import OpenAPIConfig

from sora_kit import __version__
from sora_kit.server.addresses import base_url
from sora_kit.server.auth import require_key_unless_local
from sora_kit.server.visible import Wire

__all__ = ("OPENAPI", "document", "openapi_json", "show_docs")

OPENAPI = OpenAPIConfig(
    title="sora_kit",
    version=__version__,
    description="An OpenAI-compatible API for AI video and images.",
    path="/.openapi",  # Litestar's own pages load scripts from elsewhere; they stay out
    render_plugins=[],
)

_TEXT = {"type": "string"}
_MEDIA = {"description": "A file part, an http(s) or data URL, or {image_url: URL}", "type": "string"}
_COMMON = {
    "style": {**_TEXT, "example": "anime"},
    "seed": {"type": "integer", "minimum": 0},
    "backend": {**_TEXT, "example": "animatic"},
}
_BODIES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "/v1/chat/completions": (
        ["model", "messages"],
        {
            "model": {**_TEXT, "example": "sora2-landscape-10s"},
            "messages": {"type": "array", "items": {"type": "object"}},
            "stream": {"type": "boolean", "default": False},
            "stream_options": {"type": "object", "properties": {"include_usage": {"type": "boolean"}}},
            "image": _MEDIA,
            "video": _MEDIA,
            "remix_target_id": _TEXT,
            **_COMMON,
        },
    ),
    "/v1/videos": (
        ["prompt"],
        {
            "prompt": {**_TEXT, "maxLength": 32_000},
            "model": {**_TEXT, "default": "sora-2"},
            "seconds": {**_TEXT, "example": "8"},
            "size": {**_TEXT, "example": "1280x720"},
            "input_reference": _MEDIA,
            "remix_target_id": _TEXT,
            **_COMMON,
        },
    ),
    "/v1/videos/{video}/remix": (["prompt"], {"prompt": _TEXT, "seconds": _TEXT, "size": _TEXT, **_COMMON}),
    "/v1/images/generations": (
        ["prompt"],
        {
            "prompt": {**_TEXT, "maxLength": 32_000},
            "model": {**_TEXT, "default": "gpt-image"},
            "n": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
            "size": {**_TEXT, "example": "1024x1024"},
            "response_format": {"type": "string", "enum": ["url", "b64_json"]},
            **_COMMON,
        },
    ),
}
"""Required fields and properties of each body."""

_ENCODINGS = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")

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


def document(request: Wire) -> dict[str, Any]:
    """The OpenAPI document, with the bodies and the way in."""
    schema = request.app.openapi_schema.to_schema()
    for path, (required, properties) in _BODIES.items():
        body = {"type": "object", "required": required, "properties": properties}
        content = {encoding: {"schema": body} for encoding in _ENCODINGS}
        schema["paths"][path]["post"]["requestBody"] = {"required": True, "content": content}
    schema.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in schema["paths"].items():
        if path.startswith("/v1/"):
            for operation in operations.values():
                operation["security"] = [{"key": []}]
    return schema


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
