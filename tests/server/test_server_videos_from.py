"""Videos made of a video over HTTP: remix, edits and extensions, on the embedded backend."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from sora_kit.language import MODELS
from sora_kit.media.frames import frame_at
from sora_kit.media.probe import probe

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

EDITS, EXTENSIONS = "/v1/videos/edits", "/v1/videos/extensions"
JPEG = "data:image/jpeg;base64,/9j/4AAQSkZJRg=="


@pytest.fixture
def made(kit) -> Iterator[list[str]]:
    """Deletes what a test made, so that nothing of it is drawn."""
    ids: list[str] = []
    yield ids
    for one in ids:
        kit.http.delete(f"/v1/videos/{one}")


def request_of(kit, video: str) -> Any:
    return kit.studio.record("job_" + video.removeprefix("video_")).request


@pytest.mark.parametrize("route", ["remix", "edits"])
def test_a_variation_is_like_its_source(kit, video: dict[str, Any], made: list[str], route: str):
    path = EDITS if route == "edits" else f"/v1/videos/{video['id']}/remix"
    body: dict[str, Any] = {
        "prompt": "at night",
        **({"video": {"id": video["id"]}} if route == "edits" else {}),
    }
    answer = kit.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    made.append(found["id"])
    assert found["remixed_from_video_id"] == video["id"]
    assert (found["size"], found["seconds"], found["model"]) == (
        video["size"],
        video["seconds"],
        video["model"],
    )
    assert int(answer.headers["openai-poll-after-ms"]) >= 100
    other = {"model": "sora2-landscape-10s", "prompt": "[5s]at night [5s]by day"}
    answer = kit.http.post(path, json=body | other)
    assert answer.status_code == 200, answer.text
    made.append(answer.json()["id"])
    assert (answer.json()["size"], answer.json()["seconds"]) == ("1280x720", "10")


def with_fields(asked: dict[str, Any], **more: str) -> dict[str, Any]:
    """A body with further fields in its own form."""
    if "files" in asked:
        return {"files": asked["files"] | {name: (None, value) for name, value in more.items()}}
    return {kind: fields | more for kind, fields in asked.items()}


def shapes(video: str) -> dict[str, dict[str, Any]]:
    """The field ``video`` in every form in which it names a video that is here."""
    return {
        "json object": {"json": {"video": {"id": video}}},
        "json text": {"json": {"video": video}},
        "json list": {"json": {"video": [{"id": video}]}},
        "json video_id": {"json": {"video_id": video}},
        "json file_id": {"json": {"video": {"file_id": video}}},
        "multipart brackets": {"files": {"video[id]": (None, video)}},
        "multipart json": {"files": {"video": (None, json.dumps({"id": video}))}},
        "multipart text": {"files": {"video": (None, video)}},
        "urlencoded": {"data": {"video[id]": video}},
    }


@pytest.mark.parametrize("shape", shapes("video_x"))
@pytest.mark.parametrize("path", [EDITS, EXTENSIONS])
def test_the_video_is_named_in_every_shape(
    kit, video: dict[str, Any], made: list[str], path: str, shape: str
):
    asked = shapes(video["id"])[shape]
    answer = kit.http.post(path, **with_fields(asked, prompt="at night", seconds="8"))
    assert answer.status_code == 200, answer.text
    made.append(answer.json()["id"])
    request = request_of(kit, answer.json()["id"])
    assert request.kind == ("remix" if path == EDITS else "extend")
    assert request.source == kit.studio.clip("job_" + video["id"].removeprefix("video_")).id
    assert answer.json()["seconds"] == ("8" if path == EDITS else "12")  # of an extension: both parts


def uploads(data: bytes) -> dict[str, dict[str, Any]]:
    """The field ``video`` in every form in which it holds a clip."""
    encoded = base64.b64encode(data).decode()
    url = f"data:video/mp4;base64,{encoded}"
    return {
        "file": {"files": {"video": ("upload", data, "application/octet-stream")}},
        "brackets": {"files": {"video[url]": (None, url)}},
        "json url": {"json": {"video": url}},
        "json object": {"json": {"video": {"video_url": url}}},
        "json nested": {"json": {"video_url": {"url": url}}},
        "base64": {"json": {"video": encoded}},
    }


@pytest.mark.parametrize("shape", uploads(b""))
def test_a_clip_comes_in_every_shape(kit, upload: bytes, made: list[str], shape: str):
    answer = kit.http.post(EDITS, **with_fields(uploads(upload)[shape], prompt="at night"))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    made.append(found["id"])
    request = request_of(kit, found["id"])
    assert (request.kind, request.source, len(request.video.sha256)) == ("remix", None, 64)
    assert (found["size"], found["remixed_from_video_id"]) == ("1280x720", None)  # wide, as the clip is


def picture_of(kit, video: str, at: float, folder: Path) -> np.ndarray:
    path = folder / "made.mp4"
    path.write_bytes(kit.http.get(f"/v1/videos/{video}/content").content)
    return frame_at(path, at)


def test_an_edit_of_a_clip_starts_on_its_picture(kit, upload: bytes, tmp_path: Path):
    fields = {"prompt": "in the rain", "seed": "3"}
    answer = kit.http.post(EDITS, data=fields, files={"video": ("ball.mp4", upload, "video/mp4")})
    assert answer.status_code == 200, answer.text
    assert kit.until_done(answer.json()["id"])[-1]["status"] == "completed"
    frame = picture_of(kit, answer.json()["id"], 0.0, tmp_path).astype(int)
    middle = frame[frame.shape[0] // 2 - 60 : frame.shape[0] // 2 + 60].reshape(-1, 3)
    assert ((middle[:, 0] > middle[:, 1] + 60) & (middle[:, 0] > middle[:, 2] + 60)).any()  # the red ball


@pytest.mark.parametrize("given", ["own", "clip"])
def test_an_extension_is_one_video_of_both_parts(
    kit, video: dict[str, Any], upload: bytes, tmp_path: Path, given: str
):
    fields = {"prompt": "and the sun sets", "seconds": "4"}
    if given == "own":
        asked: dict[str, Any] = {"json": fields | {"video": {"id": video["id"]}}}
        size, before = video["size"], 4.0
    else:
        asked = {"data": fields, "files": {"video": ("ball.mp4", upload, "video/mp4")}}
        size, before = "320x180", 1.5
    answer = kit.http.post(EXTENSIONS, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["seconds"] == f"{before + 4:g}"
    assert answer.json()["size"] == size
    seen = kit.until_done(answer.json()["id"])
    assert seen[-1]["status"] == "completed", seen[-1]
    assert (seen[-1]["id"], seen[-1]["size"]) == (answer.json()["id"], size)
    assert float(seen[-1]["seconds"]) == pytest.approx(before + 4, abs=0.1)
    progress = [one["progress"] for one in seen]
    assert progress == sorted(progress)
    path = tmp_path / "both.mp4"
    path.write_bytes(kit.http.get(f"/v1/videos/{answer.json()['id']}/content").content)
    assert probe(path).seconds == pytest.approx(before + 4, abs=0.1)
    if given == "clip":
        red = frame_at(path, 0.5).astype(int)
        assert ((red[..., 0] > 150) & (red[..., 1] < 90)).any()


@pytest.mark.parametrize(
    ("seconds", "named", "model"),
    [
        ("8", "", "sora-2"),
        (20, "", "sora-2"),
        ("10", "", "sora2-extension-10s"),
        (15.0, "", "sora2-extension-15s"),
        (None, "sora2-extension-10s", "sora2-extension-10s"),
        ("12", "sora-2-pro", "sora-2-pro"),
    ],
)
def test_lengths_of_openai_and_of_the_catalogue_extend(
    kit, video: dict[str, Any], made: list[str], seconds: Any, named: str, model: str
):
    body = {"prompt": "and on", "video": {"id": video["id"]}, "seconds": seconds, "model": named}
    answer = kit.http.post(EXTENSIONS, json={name: value for name, value in body.items() if value})
    assert answer.status_code == 200, answer.text
    made.append(answer.json()["id"])
    assert answer.json()["model"] == model
    assert answer.json()["size"] == video["size"]
    assert float(answer.json()["seconds"]) == 4 + float(seconds or 10)


ID = {"video": {"id": "ID"}}


@pytest.mark.parametrize(
    ("path", "body", "status", "param", "code"),
    [
        (EDITS, {"prompt": "x"}, 400, "video", "missing_required_parameter"),
        (EDITS, ID, 400, "prompt", "missing_required_parameter"),
        (EDITS, ID | {"prompt": " "}, 400, "prompt", "invalid_prompt"),
        (EDITS, {"prompt": "x", "video": {"id": "video_nobody"}}, 404, "video", "not_found"),
        (EDITS, {"prompt": "x", "video": {"id": "clip_nobody"}}, 404, "video", "not_found"),
        (EDITS, {"prompt": "x", "video": {"file_id": "file-abc123"}}, 400, "video", "not_supported"),
        (EDITS, {"prompt": "x", "video": {"id": "gen_01k9btrqrnen792yvt703dp0tq"}}, 400, "source", None),
        (EDITS, {"prompt": "x", "video": "no id, no address"}, 400, "video", None),
        (EDITS, {"prompt": "x", "video": JPEG}, 400, None, None),
        (EDITS, {"prompt": "x", "video": "http://127.0.0.1:1/a.mp4"}, 400, None, None),
        (EDITS, {"prompt": "x", "video": {}}, 400, "video", "invalid_type"),
        (EDITS, {"prompt": "x", "video": [ID, ID]}, 400, "video", None),
        (EDITS, ID | {"prompt": "x", "model": "gpt-image"}, 400, "model", None),
        (EDITS, ID | {"prompt": "x", "model": "sora2-extension-10s"}, 400, "model", None),
        (EDITS, ID | {"prompt": "x", "seconds": "7"}, 400, "seconds", None),
        (EXTENSIONS, ID | {"prompt": "x"}, 400, "seconds", "missing_required_parameter"),
        (EXTENSIONS, ID | {"prompt": "x", "seconds": "7"}, 400, "seconds", None),
        (EXTENSIONS, ID | {"prompt": "x", "seconds": "many"}, 400, "seconds", "invalid_type"),
        (EXTENSIONS, ID | {"seconds": "4"}, 400, "prompt", "missing_required_parameter"),
        (EXTENSIONS, ID | {"prompt": "x", "seconds": "4", "model": "gpt-image"}, 400, "model", None),
        (
            EXTENSIONS,
            ID | {"prompt": "x", "seconds": "4", "input_reference": JPEG},
            400,
            "input_reference",
            "not_supported",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_by_name_and_starts_nothing(
    kit,
    video: dict[str, Any],
    path: str,
    body: dict[str, Any],
    status: int,
    param: str | None,
    code: str | None,
):
    before = kit.studio.records(limit=1)[0].id
    body = json.loads(json.dumps(body).replace('"ID"', f'"{video["id"]}"'))
    answer = kit.http.post(path, json=body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    assert param in (None, error["param"])
    assert code in (None, error["code"])
    assert kit.studio.records(limit=1)[0].id == before


def test_a_video_without_a_result_is_not_built_on(kit):
    runner = kit.studio.runners()[0].id
    running = kit.row(state="running", runner=runner, created=time.time() + 3600, finished=None)
    failed = kit.row(state="failed", error={"what": "It broke", "code": "job_failed"})
    for video, status, code in ((running, 404, "video_not_ready"), (failed, 400, "no_result")):
        for path, body in (
            (EDITS, {"video": {"id": video}}),
            (EXTENSIONS, {"video": {"id": video}, "seconds": "4"}),
            (f"/v1/videos/{video}/remix", {}),
        ):
            answer = kit.http.post(path, json=body | {"prompt": "x"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    kit.http.delete(f"/v1/videos/{running}")


def test_a_stranger_builds_on_nothing_of_others(kit, anyone: httpx.Client, another_key, made: list[str]):
    mine = kit.http.post("/v1/videos", json={"prompt": "a cat"}).json()["id"]
    made.append(mine)
    stranger = another_key()
    for path in (EDITS, EXTENSIONS, f"/v1/videos/{mine}/remix"):
        body = {"prompt": "x", "seconds": "4", "video": {"id": mine}}
        answer = anyone.post(kit.url + path, json=body, headers=stranger)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_every_model_has_its_sizes_and_lengths(kit, made: list[str]):
    refused = {"prompt": "a cat", "size": "1x1"}
    for model in MODELS.values():
        if model.kind != "video":
            continue
        for name in (model.id, *model.aliases):
            assert kit.http.get(f"/v1/models/{name}").json()["id"] == model.id
        answer = kit.http.post("/v1/videos", json=refused | {"model": model.id})
        assert answer.status_code == 400
        for width, height in model.sizes:
            assert f"{width}x{height}" in answer.json()["error"]["message"]
    for size, seconds in (("1792x1024", "20"), ("1024x1792", 16), ("1920x1080", "4"), ("720x1280", 12.0)):
        body = {"model": "sora-2-pro", "prompt": "a cat", "size": size, "seconds": seconds}
        answer = kit.http.post("/v1/videos", json=body)
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["id"])
        assert (answer.json()["size"], float(answer.json()["seconds"])) == (size, float(seconds))


def test_a_picture_is_not_a_clip(kit):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    files = {"video": ("clip.mp4", out.getvalue(), "video/mp4"), "prompt": (None, "x")}
    answer = kit.http.post(EDITS, files=files)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"]
