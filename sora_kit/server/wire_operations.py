"""What the OpenAPI document says of each operation beyond what the framework sees.

Handlers read bodies leniently (three encodings, aliases, text for numbers), so their fields stand here as
people should send them. Every operation also names the failures that it answers with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ("OPERATIONS", "Body", "Operation")

Schema = dict[str, Any]

Fields = dict[str, Schema]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean", "default": False}
PROMPT: Schema = {**TEXT, "minLength": 1, "maxLength": 32_000, "examples": ["A kitten on a skateboard"]}
SECONDS: Schema = {**TEXT, "examples": ["8"], "description": "Length; the model says which there are"}
SIZE: Schema = {**TEXT, "examples": ["1280x720"]}
SEED: Schema = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
MEDIUM: Schema = {
    **TEXT,
    "description": "A file of a form, an http(s) or data URL, base64, or an object with one of them, "
    'such as {"image_url": "https://…"}',
}
OURS: Fields = {
    "style": {**TEXT, "description": "One of the styles, such as anime"},
    "seed": SEED,
    "backend": {**TEXT, "description": "Which backend makes it; the workspace has a default"},
}
PICTURES: Fields = {
    "prompt": PROMPT,
    "model": {**TEXT, "default": "gpt-image"},
    "n": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
    "size": {**TEXT, "examples": ["1024x1024"]},
    "response_format": {**TEXT, "enum": ["url", "b64_json"]},
    "output_format": {**TEXT, "enum": ["png", "jpeg", "webp"]},
    "output_compression": {"type": "integer", "minimum": 0, "maximum": 100},
    "stream": FLAG,
    "partial_images": {"type": "integer", "minimum": 0, "maximum": 3, "default": 0},
    "seed": SEED,
    "backend": OURS["backend"],
}
LATER: Fields = {"prompt": PROMPT, "seconds": SECONDS, "size": SIZE, **OURS}
SOURCE: Schema = {
    "anyOf": [TEXT, {"type": "object", "required": ["id"], "properties": {"id": TEXT}}],
    "description": 'The video: {"id": "video_…"}, its id, a file of a form, or a URL',
}


EDITED: Fields = {**LATER, "video": SOURCE}


@dataclass(frozen=True, slots=True)
class Body:
    """Fields of a body."""

    required: tuple[str, ...]
    fields: Fields
    files: tuple[str, ...] = ()
    """Those that may be files of a form."""
    forms: bool = True
    """Whether forms are understood besides JSON."""
    needed: bool = True
    """Whether there must be a body."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    answer: str = ""
    """Name of the schema of its answer; empty for what `types` says."""
    types: tuple[str, ...] = ("application/json",)
    """Media types of its answer; all but JSON are files or events."""
    body: Body | None = None
    failures: tuple[int, ...] = ()
    """Statuses besides those that every operation with a key has."""
    statuses: dict[int, str] = field(default_factory=dict)
    """Other statuses of success."""


EVENTS = "text/event-stream"
WHOLE_OR_EVENTS = ("application/json", EVENTS)
MAKING = (402, 404, 413, 415, 500, 502, 503, 507)
"""How it may fail to begin something."""
WAITING = (*MAKING, 504)
FILES = {206: "Part of the file", 304: "It is the file that you have"}

_CHAT = Body(
    ("model", "messages"),
    {
        "model": {**TEXT, "examples": ["sora2-landscape-10s"]},
        "messages": {
            "type": "array",
            "minItems": 1,
            "examples": [[{"role": "user", "content": "A kitten on a skateboard"}]],
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "properties": {
                    "role": {**TEXT, "examples": ["user"]},
                    "content": {"anyOf": [TEXT, {"type": "array", "items": {"type": "object"}}]},
                },
            },
        },
        "stream": FLAG,
        "stream_options": {"type": "object", "properties": {"include_usage": FLAG}},
        "image": MEDIUM,
        "video": MEDIUM,
        "remix_target_id": TEXT,
        "media_style": {**TEXT, "enum": ["link", "html", "fence", "auto"]},
        "seconds": SECONDS,
        "size": SIZE,
        **OURS,
    },
)
_VIDEO = Body(
    ("prompt",),
    {
        "prompt": PROMPT,
        "model": {**TEXT, "default": "sora-2"},
        "seconds": SECONDS,
        "size": SIZE,
        "input_reference": MEDIUM,
        "characters": {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}},
        "remix_target_id": TEXT,
        **OURS,
    },
    files=("input_reference",),
)
_HOOK: Fields = {
    "url": {"type": "string", "format": "uri", "examples": ["https://example.org/hooks"]},
    "event_types": {"type": "array", "items": {**TEXT, "enum": ["video.completed", "video.failed"]}},
    "name": TEXT,
}

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("get", "/v1/models"): Operation("ModelList"),
    ("get", "/v1/models/{model_id}"): Operation("Model", failures=(404,)),
    ("post", "/v1/chat/completions"): Operation("ChatCompletion", WHOLE_OR_EVENTS, _CHAT, WAITING),
    ("get", "/v1/chat/completions/{completion}"): Operation(
        "ChatCompletion", WHOLE_OR_EVENTS, failures=(404, 500, 502, 503, 504)
    ),
    ("get", "/v1/videos"): Operation("VideoPage", failures=(404,)),
    ("post", "/v1/videos"): Operation("Video", body=_VIDEO, failures=MAKING),
    ("get", "/v1/videos/{video}"): Operation("Video", failures=(404,)),
    ("delete", "/v1/videos/{video}"): Operation("VideoDeleted", failures=(404, 503)),
    ("get", "/v1/videos/{video}/content"): Operation(
        types=("video/mp4", "image/webp", "image/jpeg"), failures=(404, 416), statuses=FILES
    ),
    ("head", "/v1/videos/{video}/content"): Operation(types=(), failures=(404, 416), statuses=FILES),
    ("post", "/v1/videos/{video}/remix"): Operation(
        "Video", body=Body(("prompt",), LATER), failures=MAKING
    ),
    ("post", "/v1/videos/edits"): Operation(
        "Video", body=Body(("prompt", "video"), EDITED, ("video",)), failures=MAKING
    ),
    ("post", "/v1/videos/extensions"): Operation(
        "Video",
        body=Body(("prompt", "seconds", "video"), EDITED, ("video",)),
        failures=MAKING,
    ),
    ("post", "/v1/videos/characters"): Operation(
        "Character",
        body=Body(
            ("name", "video"),
            {
                "name": {**TEXT, "minLength": 1, "maxLength": 80, "examples": ["Mossy"]},
                "video": SOURCE,
                "description": TEXT,
                "backend": OURS["backend"],
            },
            ("video",),
        ),
        failures=WAITING,
    ),
    ("get", "/v1/videos/characters/{character}"): Operation("Character", failures=(404,)),
    ("post", "/v1/images/generations"): Operation(
        "Images",
        WHOLE_OR_EVENTS,
        Body(("prompt",), {**PICTURES, "image": MEDIUM}, ("image",)),
        WAITING,
    ),
    ("post", "/v1/images/edits"): Operation(
        "Images",
        WHOLE_OR_EVENTS,
        Body(
            ("prompt", "image"),
            {**PICTURES, "image": MEDIUM, "images": {"type": "array", "items": {"type": "object"}}},
            ("image",),
        ),
        WAITING,
    ),
    ("get", "/v1/images/{image}"): Operation("Images", failures=(404, 500, 502, 503)),
    ("get", "/v1/webhook_endpoints"): Operation("WebhookEndpointPage"),
    ("post", "/v1/webhook_endpoints"): Operation(
        "WebhookEndpoint", body=Body(("url",), _HOOK, forms=False), failures=(413, 415)
    ),
    ("get", "/v1/webhook_endpoints/{endpoint}"): Operation("WebhookEndpoint", failures=(404,)),
    ("post", "/v1/webhook_endpoints/{endpoint}"): Operation(
        "WebhookEndpoint", body=Body((), _HOOK, forms=False), failures=(404, 413, 415)
    ),
    ("delete", "/v1/webhook_endpoints/{endpoint}"): Operation("WebhookEndpointDeleted", failures=(404,)),
    ("post", "/v1/webhook_endpoints/{endpoint}/rotate_secret"): Operation(
        "WebhookEndpoint",
        body=Body((), {"keep_old_secret_active_for_24_hours": FLAG}, forms=False, needed=False),
        failures=(404, 413, 415),
    ),
    ("post", "/v1/webhook_endpoints/{endpoint}/test"): Operation(
        "",
        body=Body((), {"event_type": {**TEXT, "enum": ["video.completed", "video.failed"]}}, forms=False,
                  needed=False),
        failures=(404, 413, 415),
    ),
    ("get", "/v1/webhook_event_types"): Operation(),
    ("get", "/media/{name}"): Operation(
        types=("video/mp4", "image/png", "image/jpeg", "image/webp"), failures=(404, 416), statuses=FILES
    ),
    ("head", "/media/{name}"): Operation(types=(), failures=(404, 416), statuses=FILES),
    ("get", "/healthz"): Operation(),
    ("head", "/healthz"): Operation(types=()),
    ("get", "/readyz"): Operation(failures=(503,)),
    ("head", "/readyz"): Operation(types=(), failures=(503,)),
    ("get", "/metrics"): Operation(types=("text/plain",)),
    ("post", "/admin/characters"): Operation(
        "",
        body=Body(
            (),
            {
                "source": {**TEXT, "description": "Id of a clip, of its job or video, or Sora's own id"},
                "video": {**MEDIUM, "description": "Instead of source: a file of a form, a link, or base64"},
                "name": {**TEXT, "maxLength": 40, "description": "As prompts mention it, without the `@`"},
                "display_name": {**TEXT, "description": "As people see it"},
                "description": {**TEXT, "description": "What it looks like"},
                "timestamps": {**TEXT, "examples": ["0,3"], "description": "Seconds of its video"},
                "backend": OURS["backend"],
            },
            ("video",),
        ),
        failures=MAKING,
    ),
    ("get", "/admin/accounts/export"): Operation("AccountRows", ("application/json", "text/plain")),
}  # fmt: skip
"""Method and path → what is known of it; ``/admin`` describes itself, but for files."""
