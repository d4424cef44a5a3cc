"""LiteLLM, and OpenAI's package for node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clients_decoding import picture_size, video_facts
from clients_gateway import Gateway
from clients_toolbox import LITELLM, Toolbox
from litellm_matrix import CASES

pytestmark = [pytest.mark.clients, pytest.mark.timeout(120, func_only=True)]

Found = dict[str, Any]
HERE = Path(__file__).parent
NODE = re.findall(
    r"^  async (\w+)\(\)", (HERE / "openai_matrix.mjs").read_text(encoding="utf-8"), re.MULTILINE
)


def told(command: list[Any], gateway: Gateway, finished: Found, cwd: Path) -> dict[str, Found]:
    """Case → what a program found."""
    settings = gateway.settings | {
        "FINISHED_VIDEO": finished["id"],
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it tries to fetch prices from elsewhere
    }
    ran = subprocess.run(
        [str(part) for part in command], env=settings, cwd=cwd, capture_output=True, text=True, timeout=600
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    lines = [line for line in ran.stdout.splitlines() if line.startswith('{"case"')]
    return {found["case"]: found for found in map(json.loads, lines)}


@pytest.fixture(scope="module")
def litellm(
    gateway: Gateway,
    finished: Found,
    picture: Path,
    toolbox: Toolbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Found]:
    folder = tmp_path_factory.mktemp("litellm")
    shutil.copy(picture, folder / "picture.png")
    python = toolbox.python("litellm", LITELLM)
    return told([python, HERE / "litellm_matrix.py", folder], gateway, finished, folder)


@pytest.fixture(scope="module")
def node(
    gateway: Gateway,
    finished: Found,
    picture: Path,
    toolbox: Toolbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Found]:
    folder = tmp_path_factory.mktemp("node")
    shutil.copy(picture, folder / "picture.png")
    program, home = toolbox.node("openai-node", "openai")
    script = Path(shutil.copy(HERE / "openai_matrix.mjs", home))  # beside what it imports
    return told([program, script, folder], gateway, finished, folder)


@pytest.mark.parametrize("case", CASES)
def test_litellm(litellm: dict[str, Found], case: str, gateway: Gateway) -> None:
    assert "found" in litellm[case], litellm[case]["failed"]
    look(f"litellm_{case}", litellm[case]["found"], gateway)


@pytest.mark.parametrize("case", NODE)
def test_node(node: dict[str, Found], case: str, gateway: Gateway, finished: Found) -> None:
    assert "found" in node[case], node[case]["failed"]
    look(f"node_{case}", node[case]["found"], gateway)


def look(case: str, found: Found, gateway: Gateway) -> None:
    """Whether a case found what it must."""
    match case:
        case "litellm_completion" | "litellm_completion_async" | "node_chat_whole":
            assert "cat" in found["text"]
            assert found["reason"] == "stop"
        case "litellm_completion_stream" | "litellm_completion_stream_async" | "node_chat_stream":
            assert found["text"].startswith(f"![image]({gateway.url}/media/")
            assert found["thoughts"]
            assert found["reason"] == "stop"
        case (
            "litellm_image_generation" | "litellm_image_edit" | "node_images_generate" | "node_images_edit"
        ):  # fmt: skip
            assert min(picture_size(found["file"], "PNG")) > 100
        case "node_images_stream":
            assert found["types"][-1] == "image_generation.completed"
            assert min(picture_size(found["file"], "PNG")) > 100
        case "litellm_video_generation" | "node_videos_create_poll_download":
            assert found["status"] == "completed"
            assert video_facts(found["file"]) == ("h264", 720, 1280, 4.0)
        case "litellm_video_generation_async":
            assert {found["status"], found["again"]} <= {"queued", "in_progress", "completed"}
        case "litellm_video_remix":
            assert found["object"] == "video"
            assert found["status"] in ("queued", "in_progress")
        case "litellm_video_list":
            assert 0 < found["count"] <= 3
        case "node_videos_create_multipart" | "node_videos_create_brackets":
            assert (found["seconds"], found["size"]) == ("8", "1280x720")
            assert any("image/png" in body for body in gateway.asked(found["id"]))
        case "node_videos_remix" | "node_videos_edit":
            assert (found["seconds"], found["size"]) == ("4", "720x1280")
        case "node_videos_extend":
            assert found["seconds"] == "8"
        case "node_videos_list":
            assert found["ids"] == sorted(set(found["ids"]), reverse=True)
        case "node_videos_download_thumbnail":
            assert found["type"] == "image/webp"
            picture_size(found["file"], "WEBP")
        case "node_models_list":
            assert {"sora-2", "gpt-image"} <= set(found["ids"])
        case "litellm_key_refused":
            assert "Incorrect API key provided" in found["message"]
        case "node_key_refused":
            assert found == {"kind": "AuthenticationError", "code": "invalid_api_key", "status": 401}
        case _:
            pytest.fail(f"nothing is expected of {case}")
