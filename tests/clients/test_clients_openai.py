"""The ``openai`` package in four versions, both clients, every method, every form of body."""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from clients_decoding import picture_size, video_facts
from clients_gateway import Gateway
from clients_toolbox import NEWEST, Toolbox
from openai_matrix import CASES

VERSIONS = ("2.30.0", "2.54.0", "3.0.0", NEWEST)
MODES = ("sync", "async")

pytestmark = [pytest.mark.clients, pytest.mark.timeout(120, func_only=True)]

Found = dict[str, Any]
SCRIPT = Path(__file__).with_name("openai_matrix.py")


def told(
    python: Path, mode: str, folder: Path, gateway: Gateway, finished: Found, *cases: str
) -> dict[str, Found]:
    """Case → what it found, with one version and one client."""
    done = subprocess.run(
        [str(python), str(SCRIPT), mode, str(folder), *cases],
        env=gateway.settings | {"FINISHED_VIDEO": finished["id"]},
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return {found["case"]: found for found in map(json.loads, done.stdout.splitlines())}


def look(case: str, told: Found, gateway: Gateway, finished: Found) -> None:
    """Whether a case found what it must."""
    assert "found" in told, told["failed"]
    check = globals().get(f"check_{case}") or globals()[f"check_{case.rpartition('_')[0]}"]
    check(told["found"], gateway, finished)


@pytest.fixture(scope="module")
def ran(
    request: pytest.FixtureRequest, gateway: Gateway, finished: Found, clip: Path, picture: Path,
    toolbox: Toolbox, tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Found]]:  # fmt: skip
    """Mode → case → what it found, for one version; both clients run at the same time."""
    version: str = request.param
    python = toolbox.python(f"openai-{version}", "openai" if version == NEWEST else f"openai=={version}")

    def run(mode: str) -> dict[str, Found]:
        folder = tmp_path_factory.mktemp(f"openai-{version}-{mode}")
        shutil.copy(clip, folder / "clip.mp4")
        shutil.copy(picture, folder / "picture.png")
        return told(python, mode, folder, gateway, finished)

    with ThreadPoolExecutor(len(MODES)) as pool:
        return dict(zip(MODES, pool.map(run, MODES), strict=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ran", VERSIONS, indirect=True)
def test_openai(
    ran: dict[str, dict[str, Found]], mode: str, case: str, gateway: Gateway, finished: Found
) -> None:
    look(case, ran[mode][case], gateway, finished)


def check_videos_create(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["status"] in ("queued", "in_progress")
    assert (found["model"], found["seconds"], found["size"]) == ("sora-2", "8", "1280x720")
    assert found["prompt"] == "A paper boat"
    # the picture came, whatever it was packed in
    assert any("image/png" in body for body in gateway.asked(found["id"]))


def check_videos_create_and_poll(found: Found, gateway: Gateway, finished: Found) -> None:
    assert (found["status"], found["progress"], found["request"]) == ("completed", 100, True)
    check_videos_download_video(found, gateway, finished)


def check_videos_retrieve(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found == {name: finished[name] for name in ("id", "status", "progress", "seconds")}


def check_videos_poll(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found == {"id": finished["id"], "status": "completed"}


def check_videos_list(found: Found, gateway: Gateway, finished: Found) -> None:
    # others make and delete videos meanwhile; ids go up with time
    assert found["newest"] == sorted(set(found["newest"]), reverse=True)
    assert found["oldest"] == sorted(set(found["oldest"]))
    assert finished["id"] in found["newest"]
    assert finished["id"] in found["oldest"]


def check_videos_download_video(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["type"] == "video/mp4"
    width, height = map(int, finished["size"].split("x"))
    assert video_facts(found["file"]) == ("h264", width, height, 4.0)


check_videos_download_streaming = check_videos_download_video


def check_videos_download_thumbnail(found: Found, gateway: Gateway, finished: Found) -> None:
    width, height = picture_size(found["file"], "WEBP")
    assert found["type"] == "image/webp"
    assert width < height


def check_videos_download_spritesheet(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["type"] == "image/jpeg"
    assert min(picture_size(found["file"], "JPEG")) > 100


def check_videos_remix(found: Found, gateway: Gateway, finished: Found) -> None:
    assert (found["remixed"], found["seconds"], found["size"]) == (finished["id"], "4", "720x1280")


def check_videos_edit(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["status"] in ("queued", "in_progress")
    assert (found["seconds"], found["size"]) == ("4", "720x1280")


def check_videos_extend(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["status"] in ("queued", "in_progress")
    assert (found["seconds"], found["size"]) == ("8", finished["size"])


def check_videos_characters(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["id"] == found["again"]
    assert found["name"] == "Mossy"
    assert isinstance(found["created"], int)


def check_videos_delete(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found == {
        "deleted": True, "object": "video.deleted", "same": True, "code": "not_found", "status": 404,
    }  # fmt: skip


def check_videos_refused(found: Found, gateway: Gateway, finished: Found) -> None:
    assert (found["param"], found["type"]) == ("seconds", "invalid_request_error")
    assert "7" in found["message"]
    assert found["request"].startswith("req_")


def check_images_generate_b64(found: Found, gateway: Gateway, finished: Found) -> None:
    assert len(found["files"]) == 2
    assert found["urls"] == [None, None]
    for path in found["files"]:
        assert min(picture_size(path, "PNG")) > 100


def check_images_generate_url(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["b64"] is None
    assert found["url"].startswith(gateway.url + "/media/")
    width, height = map(int, found["size"].split("x"))
    assert width > height


def check_images_generate_stream(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["types"][-1] == "image_generation.completed"
    assert set(found["types"][:-1]) <= {"image_generation.partial_image"}
    assert found["usage"]
    assert min(picture_size(found["file"], "PNG")) > 100


def check_images_edit(found: Found, gateway: Gateway, finished: Found) -> None:
    (path,) = found["files"]
    assert min(picture_size(path, "PNG")) > 100


def check_images_edit_stream(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["types"][-1] == "image_edit.completed"
    assert min(picture_size(found["file"], "PNG")) > 100


def check_chat_whole(found: Found, gateway: Gateway, finished: Found) -> None:
    assert (found["reason"], found["object"]) == ("stop", "chat.completion")
    assert "cat" in found["text"]


def check_chat_stream(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["text"].startswith(f"![image]({gateway.url}/media/")
    assert found["thoughts"]
    assert (found["role"], found["reason"], found["usage"], found["ids"]) == ("assistant", "stop", True, 1)


def check_chat_title(found: Found, gateway: Gateway, finished: Found) -> None:
    assert json.loads(found["text"])["title"]


def check_models_list(found: Found, gateway: Gateway, finished: Found) -> None:
    assert {"sora-2", "sora-2-pro", "sora2-landscape-10s", "gpt-image"} <= set(found["ids"])
    assert not any(" " in name for name in found["ids"])


def check_models_retrieve(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found == {"id": "sora-2-pro", "owner": "sora_kit", "code": "model_not_found"}


def check_key_refused(found: Found, gateway: Gateway, finished: Found) -> None:
    assert found["code"] == "invalid_api_key"
    assert "Incorrect API key provided" in found["message"]
