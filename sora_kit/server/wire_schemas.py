"""The answers of ``/v1`` as JSON Schema, for the OpenAPI document.

Handlers build their answers by hand, in the words of OpenAI's clients, so what they hold stands here once
more; ``tests/clients`` compares the two on a live server.
"""

from __future__ import annotations

from typing import Any

__all__ = ("SCHEMAS", "nullable", "ref")

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ADDRESS: Schema = {"type": "string", "format": "uri"}
TIME: Schema = {"type": "integer", "description": "Unix seconds"}


def nullable(schema: Schema) -> Schema:
    """That, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def ref(name: str) -> Schema:
    """One of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def constant(value: Any) -> Schema:
    """Always that."""
    return {"const": value}


def thing(optional: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object with these properties; more may come."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def page(item: str) -> Schema:
    """A page of a list."""
    return thing(
        object=constant("list"),
        data={"type": "array", "items": ref(item)},
        first_id=nullable(TEXT),
        last_id=nullable(TEXT),
        has_more=FLAG,
    )


USAGE = thing(input_tokens=WHOLE, output_tokens=WHOLE, total_tokens=WHOLE)

SCHEMAS: dict[str, Schema] = {
    "Error": thing(error=thing(message=TEXT, type=TEXT, param=nullable(TEXT), code=nullable(TEXT))),
    "Video": thing(
        id={**TEXT, "examples": ["video_01jd3v8m6k2q9zt4w7x5y0bacd"]},
        object=constant("video"),
        model=TEXT,
        status={**TEXT, "enum": ["queued", "in_progress", "completed", "failed"]},
        progress={**WHOLE, "minimum": 0, "maximum": 100},
        created_at=TIME,
        completed_at=nullable(TIME),
        expires_at=nullable(TIME),
        prompt=nullable(TEXT),
        size={**TEXT, "examples": ["1280x720"]},
        seconds={**TEXT, "examples": ["4"]},
        remixed_from_video_id=nullable(TEXT),
        error={"anyOf": [thing(code=nullable(TEXT), message=TEXT), {"type": "null"}]},
        kind={**TEXT, "enum": ["video", "remix", "extend"]},
        backend=TEXT,
        preview=nullable(FLAG),
        stage=TEXT,
        queue_position=nullable(WHOLE),
        notes={"type": "array", "items": TEXT},
        style=nullable(TEXT),
        seed=WHOLE,
        url=nullable(ADDRESS),
        thumbnail_url=nullable(ADDRESS),
    ),
    "VideoPage": page("Video"),
    "VideoDeleted": thing(id=TEXT, object=constant("video.deleted"), deleted=constant(True)),
    "Character": thing(
        id=TEXT,
        object=constant("character"),
        created_at=TIME,
        name=TEXT,
        status={**TEXT, "enum": ["queued", "in_progress", "completed", "failed"]},
        mention=nullable(TEXT),
        description=TEXT,
        backend=TEXT,
        portrait_url=nullable(ADDRESS),
        error={"anyOf": [thing(code=nullable(TEXT), message=TEXT), {"type": "null"}]},
    ),
    "Images": thing(
        ("output_format", "usage"),
        created=TIME,
        data={
            "type": "array",
            "minItems": 1,
            "items": thing(("url", "b64_json"), url=ADDRESS, b64_json=TEXT, revised_prompt=TEXT),
        },
        output_format=TEXT,
        usage=USAGE,
    ),
    "ChatCompletion": thing(
        id=TEXT,
        object=constant("chat.completion"),
        created=TIME,
        model=TEXT,
        choices={
            "type": "array",
            "minItems": 1,
            "items": thing(
                index=WHOLE,
                message=thing(role=constant("assistant"), content=TEXT),
                finish_reason=constant("stop"),
            ),
        },
        usage=thing(prompt_tokens=WHOLE, completion_tokens=WHOLE, total_tokens=WHOLE),
    ),
    "Model": thing(
        id=TEXT,
        object=constant("model"),
        created=TIME,
        owned_by=TEXT,
        name=TEXT,
        description=TEXT,
        capabilities=thing(
            kind=TEXT,
            endpoints={"type": "array", "items": TEXT},
            sizes={"type": "array", "items": TEXT},
            seconds={"type": "array", "items": NUMBER},
        ),
        aliases={"type": "array", "items": TEXT},
    ),
    "ModelList": thing(object=constant("list"), data={"type": "array", "items": ref("Model")}),
    "WebhookEndpoint": thing(
        ("signing_secret",), id=TEXT, object=constant("webhook_endpoint"), url=TEXT, signing_secret=TEXT
    ),
    "AccountRows": {"type": "array", "items": {"type": "object"}},
    "WebhookEndpointPage": page("WebhookEndpoint"),
    "WebhookEndpointDeleted": thing(
        id=TEXT, object=constant("webhook_endpoint.deleted"), deleted=constant(True)
    ),
}
