"""Characters: from a piece of video to a name in a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from sora_kit.media.encode import VideoWriter
from sora_kit.media.sniff import sniff
from sora_kit.standins.sora_web import SoraWebStandin

STATUS = "/project_y/cameos/in_progress/{}"


async def from_draft(make: Any, client: httpx.AsyncClient) -> str:
    draft = await make.draft(client)
    body = {"generation_id": draft["id"], "character_id": None, "timestamps": [0, 3]}
    answer = await client.post("/characters/from-generation", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def status(client: httpx.AsyncClient, cameo: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(STATUS.format(cameo))).json()
    return found


async def asset(client: httpx.AsyncClient, url: str) -> str:
    """Fetch the suggested picture without a token and send it back."""
    async with httpx.AsyncClient(trust_env=False) as plain:
        webp = (await plain.get(url)).content
    assert sniff(webp).mime == "image/webp"
    sent = await client.post(
        "/project_y/file/upload",
        files={"file": ("profile.webp", webp, "image/webp")},
        data={"use_case": "profile"},
    )
    return str(sent.json()["asset_pointer"])


def finalize(cameo: str, username: str, pointer: str) -> dict[str, Any]:
    return {
        "cameo_id": cameo,
        "username": username,
        "display_name": "Dancer",
        "profile_asset_pointer": pointer,
        "instruction_set": None,
        "safety_instruction_set": None,
    }


async def test_from_a_draft_to_a_mention(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    cameo = await from_draft(make, a)
    first = await status(a, cameo)
    assert (first["status"], first["profile_asset_url"]) == ("processing", None)
    early = await a.post("/characters/finalize", json=finalize(cameo, "dancer1", "x"))
    assert early.status_code == 400
    standin.clock.advance(5)
    assert (await status(a, cameo))["status_message"] != first["status_message"]
    standin.clock.advance(4)
    done = await status(a, cameo)
    assert (done["status_message"], done["username_hint"]) == ("Completed", "quietfox.dancer")
    assert done["display_name_hint"] == "Dancer"

    pointer = await asset(a, done["profile_asset_url"])
    assert pointer.startswith("sediment://file_")
    unknown = await a.post("/characters/finalize", json=finalize(cameo, "dancer123", "sediment://file_0"))
    assert unknown.status_code == 404
    answer = await a.post("/characters/finalize", json=finalize(cameo, "dancer123", pointer))
    character = answer.json()["character"]
    assert (character["username"], character["character_id"] != cameo) == ("dancer123", True)
    assert (await status(a, cameo))["status"] == "finalized"
    again = await a.post("/characters/finalize", json=finalize(cameo, "other", pointer))
    assert again.status_code == 400

    for client, found in ((a, ["dancer123"]), (b, [])):  # private at first
        draft = await make.draft(client, "@dancer123 dances")
        assert [c["username"] for c in draft["creation_config"]["cameo_profiles"]] == found
    path = f"/project_y/cameos/by_id/{cameo}/update_v2"
    assert (await a.post(path, json={"visibility": "public"})).status_code == 200
    assert (await a.post(path, json={"visibility": "loud"})).status_code == 400

    draft = await make.draft(b, "@dancer123 meets @nobody.")
    assert [c["username"] for c in draft["creation_config"]["cameo_profiles"]] == ["dancer123"]

    path = f"/project_y/characters/{character['character_id']}"
    assert (await b.delete(path)).status_code == 404
    assert (await a.delete(path)).status_code == 200
    assert (await a.delete(path)).status_code == 404
    assert (await a.get(STATUS.format(cameo))).status_code == 404


async def test_a_name_is_taken_once(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    cameos = [await from_draft(make, a) for _ in range(5)]
    standin.clock.advance(9)
    pointer = await asset(a, (await status(a, cameos[0]))["profile_asset_url"])

    async def named(cameo: str, name: str) -> httpx.Response:
        return await a.post("/characters/finalize", json=finalize(cameo, name, pointer))

    assert (await named(cameos[0], "mia1")).status_code == 200
    refused = await named(cameos[1], "mia1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "username_taken")
    for number, cameo in enumerate(cameos[1:4], 2):
        assert (await named(cameo, f"mia{number}")).status_code == 200
    four = make.video("@mia1 @mia2 @mia3 @mia4")
    assert (await a.post("/nf/create", json=four)).status_code == 400
    assert (await a.post("/nf/create", json=make.video("@mia1 @mia2 @mia3 and @mia1"))).status_code == 200
    assert (await named(cameos[4], "no spaces")).status_code == 400


async def test_from_a_file(tmp_path: Path, a: httpx.AsyncClient) -> None:
    with VideoWriter(tmp_path / "v.mp4", 32, 32, 6) as video:
        for _ in range(18):
            video.put_rgba(np.zeros((32, 32, 3), np.uint8))
    data = (tmp_path / "v.mp4").read_bytes()

    async def send(content: bytes, timestamps: str) -> httpx.Response:
        files = {"file": ("video.mp4", content, "video/mp4")}
        return await a.post("/characters/upload", files=files, data={"timestamps": timestamps})

    accepted = await send(data, "0,3")
    assert (await status(a, accepted.json()["id"]))["status"] == "processing"
    assert (await send(data, "soon")).status_code == 400
    assert (await send(b"no video", "0,3")).status_code == 400


async def test_a_cameo_belongs_to_its_account(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    cameo = await from_draft(make, a)
    draft = (await make.drafts(a))[0]
    assert (await b.get(STATUS.format(cameo))).status_code == 404
    body = {"generation_id": draft["id"], "character_id": None, "timestamps": [0, 3]}
    assert (await b.post("/characters/from-generation", json=body)).status_code == 404
    assert (await a.post("/characters/from-generation", json=body | {"timestamps": 3})).status_code == 400
    path = f"/project_y/cameos/by_id/{cameo}/update_v2"
    assert (await b.post(path, json={"visibility": "public"})).status_code == 404


async def test_a_cameo_can_fail(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("cameo_failed", nth=1)
    cameo = await from_draft(make, a)
    standin.clock.advance(9)
    failed = await status(a, cameo)
    assert (failed["status"], failed["profile_asset_url"]) == ("failed", None)
    assert failed["status_message"].startswith("No face")


async def test_a_profile_picture_has_a_use(a: httpx.AsyncClient) -> None:
    files = {"file": ("profile.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp")}
    assert (await a.post("/project_y/file/upload", files=files)).status_code == 400


@pytest.mark.parametrize("nth", [1])
async def test_a_doubled_cameo(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, nth: int) -> None:
    standin.fault("duplicate_delivery", endpoint="character_from_generation", nth=nth)
    await from_draft(make, a)
    assert len(standin.accounts["a@example.com"].cameos) == 2
