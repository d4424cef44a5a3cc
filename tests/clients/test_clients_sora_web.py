"""The newest ``openai`` package against a server whose backend is the stand-in of the Sora web backend.

The other tests of this folder draw with the animatic; here what the client gets comes through an account,
a queue and a download. The checks are the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import test_clients_openai as matrix
from clients_gateway import ADMIN, KEY, Gateway
from clients_toolbox import NEWEST, Toolbox
from sora_web_studio import sora_web_studio

from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

pytestmark = [pytest.mark.clients, pytest.mark.timeout(120, func_only=True)]

CASES = (
    *("videos_create_multipart", "videos_create_brackets", "videos_create_json", "videos_create_and_poll"),
    *("videos_retrieve", "videos_poll", "videos_list", "videos_download_video", "videos_download_thumbnail"),
    *("videos_download_spritesheet", "videos_download_streaming", "videos_remix_json", "videos_edit_json"),
    *("videos_extend_json", "videos_characters", "videos_delete", "images_generate_b64"),
    *("images_generate_url", "images_generate_stream", "images_edit_multipart", "images_edit_json"),
    *("chat_whole", "chat_stream"),
)
"""All that a backend takes part in; it makes no clip of one that was uploaded."""


@pytest.fixture(scope="module")
def gateway(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("clients-sora-web")
    accounts, latency = [NewAccount("u@example.com", quota=1000)], Latency(0.0, 0.3, 0.0)
    with pytest.MonkeyPatch.context() as patch, SoraWebStandin(accounts, latency=latency) as standin:
        patch.setenv("SORA_KIT_API_KEY", KEY)
        patch.setenv("SORA_KIT_ADMIN_PASSWORD", ADMIN)
        with sora_web_studio(folder / "workspace", standin) as studio:
            (account,) = standin.accounts.values()
            studio.accounts.add("sora_web", access_token=account.access_token, video_cap=-1, image_cap=-1)
            url = studio.serve(port=0).url
            headers = {"authorization": f"Bearer {KEY}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as http:
                yield Gateway(url, folder, http)


@pytest.fixture(scope="module")
def finished(gateway: Gateway) -> dict[str, Any]:
    """A completed video of 4 s. The stand-in's files are small."""
    made = gateway.http.post("/v1/videos", json={"prompt": "A red kite over a meadow", "seconds": "4"})
    assert made.status_code == 200, made.text
    done = gateway.until_done(made.json()["id"])
    assert (done["status"], done["backend"]) == ("completed", "sora_web"), done
    return done


@pytest.fixture(scope="module")
def ran(
    gateway: Gateway, finished: dict[str, Any], picture: Path, toolbox: Toolbox
) -> dict[str, dict[str, Any]]:
    python = toolbox.python(f"openai-{NEWEST}", "openai")
    shutil.copy(picture, gateway.folder / "picture.png")
    clip = gateway.http.get(f"/v1/videos/{finished['id']}/content")
    (gateway.folder / "clip.mp4").write_bytes(clip.raise_for_status().content)
    return matrix.told(python, "sync", gateway.folder, gateway, finished, *CASES)


@pytest.mark.parametrize("case", CASES)
def test_openai_on_sora_web(
    ran: dict[str, dict[str, Any]], case: str, gateway: Gateway, finished: dict[str, Any]
) -> None:
    matrix.look(case, ran[case], gateway, finished)
