"""``/v1/models``: the catalogue in OpenAI's form, with what each name makes as extra keys."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.params import FromPath

from sora_kit import backends
from sora_kit.language.catalogue import MODELS, Model, find_model

__all__ = ("list_models", "models_list", "retrieve_model")

_CREATED = 1_759_190_400
"""2025-09-30, when Sora 2 came out. Clients want a number; the names have no date of their own."""


def model_object(model: Model) -> dict[str, Any]:
    """One entry.

    ``capabilities`` says which settings a request with this model may choose, and which backends of this
    installation make such a thing; whether one has an account or a machine to do it with is another matter.
    """
    return {
        "id": model.id,
        "object": "model",
        "created": _CREATED,
        "owned_by": "sora_kit",
        "name": model.label,
        "description": model.description,
        "capabilities": {
            "kind": model.kind,
            "endpoints": _endpoints(model.kind),
            "sizes": [f"{width}x{height}" for width, height in model.sizes],
            "seconds": list(model.lengths),
            "orientation": model.orientation or None,
            "tier": model.tier,
            "pro_only": model.pro_only,
            "image_input": model.kind in ("video", "image"),
            "level": model.level,
            "backends": _backends(model.kind),
        },
        "aliases": list(model.aliases),
    }


def models_list() -> dict[str, Any]:
    """All of them."""
    return {"object": "list", "data": [model_object(model) for model in MODELS.values()]}


@get("/v1/models", tags=["Models"], summary="List the models")
async def list_models() -> dict[str, Any]:
    """All names of the catalogue, in its order."""
    return models_list()


@get("/v1/models/{model_id:path}", tags=["Models"], summary="Look at one model")
async def retrieve_model(model_id: FromPath[str]) -> dict[str, Any]:
    """One model by its id or an alias."""
    # a `path` parameter arrives with a leading slash
    return model_object(find_model(model_id.removeprefix("/")))


def _endpoints(kind: str) -> list[str]:
    own = {
        "video": ["/v1/videos", "/v1/videos/edits"],
        "extend": ["/v1/videos", "/v1/videos/extensions"],
        "image": ["/v1/images/generations", "/v1/images/edits"],
        "character": ["/v1/videos/characters"],
    }
    return [*own.get(kind, []), "/v1/chat/completions"]


def _backends(kind: str) -> list[str]:
    return [name for name in backends.names() if kind in backends.get(name).capabilities.kinds]
