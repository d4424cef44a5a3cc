"""``/v1/models``: what a client may choose from."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from sora_kit import backends
from sora_kit.language.catalogue import MODELS

pytestmark = pytest.mark.server


def capabilities(kit, model: str) -> dict[str, Any]:
    found: dict[str, Any] = kit.http.get(f"/v1/models/{model}").json()["capabilities"]
    return found


def test_each_model_says_what_a_request_may_choose_and_who_makes_it(kit):
    for model in kit.http.get("/v1/models").json()["data"]:
        told, known = model["capabilities"], MODELS[model["id"]]
        assert told["kind"] == known.kind
        assert told["sizes"] == [f"{width}x{height}" for width, height in known.sizes]
        assert told["seconds"] == list(known.lengths)
        assert "animatic" in told["backends"]
        for name in told["backends"]:
            assert known.kind in backends.get(name).capabilities.kinds


def test_every_address_that_a_model_names_is_there(kit):
    paths = kit.http.get("/openapi.json").json()["paths"]
    for model in kit.http.get("/v1/models").json()["data"]:
        assert all("post" in paths[path] for path in model["capabilities"]["endpoints"]), model["id"]


def test_kinds_have_their_own_addresses(kit):
    assert "/v1/images/edits" in capabilities(kit, "gpt-image")["endpoints"]
    assert "/v1/videos/extensions" in capabilities(kit, "sora2-extension-10s")["endpoints"]
    assert capabilities(kit, "prompt-enhance-long-10s")["endpoints"] == ["/v1/chat/completions"]


@pytest.mark.parametrize("name", ["dall-e-3", "gpt-image-1", "gpt-image-2.6-flare", "chatgpt-image-latest"])
def test_openais_names_for_pictures_are_known(kit, name: str):
    assert kit.http.get(f"/v1/models/{name}").json()["id"] == "gpt-image"
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0) as client:
        assert client.models.retrieve(name).id == "gpt-image"
