"""Secrets are planted everywhere a client or an owner can put them, and must turn up nowhere."""

from __future__ import annotations

import base64
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit import Studio

PASSWORD = "admin-pAssw0rd-PLANTED"
ACCOUNT = {
    "session_token": "eyJhbGciOiJkaXIifQ..PLANTEDsession0001.PLANTEDbody.tag1",
    "refresh_token": "rt_PLANTEDrefresh00000000002",
    "client_id": "app_1",
    "proxy": "http://proxyuser:PLANTEDproxy3@192.0.2.1:8080",
}
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQTEFOVEVEIn0.PLANTEDsignature4"
OPENAI = "sk-proj-PLANTEDkey000000000005"
WEAK = "PLANTED6"
SIGNED = "https://store.example.org/cat.png?se=2026&sig=PLANTEDsig7"
USER_URL = "https://bob:PLANTEDpw8@example.org/cat.png"
IMAGE = base64.b64encode(bytes(range(256)) * 20).decode()
PROMPT = f"A cat. My token is {JWT}, my key {OPENAI}; see {SIGNED} and {USER_URL}"

BODIES: list[dict[str, Any]] = [
    {"model": "sora-2", "prompt": 5, "Access_Token": WEAK, "nested": {"API-Key": [WEAK, {"x": WEAK}]}},
    {"model": "sora-2", "metadata": json.dumps({"authorization": f"Bearer {WEAK}"}), "size": "1x1"},
    {"model": "none", "prompt": PROMPT, "cookie": f"sid={WEAK}"},
    {"model": f"{OPENAI}", "prompt": "A cat"},
    {"model": "sora-2", "prompt": "A cat", "input_reference": {"file_id": f"password={WEAK}"}},
]


def planted(key: str) -> list[bytes]:
    """What must not be found, in each of the ways that text is written."""
    texts = ["PLANTED", "proxyuser", PASSWORD, key, key.removeprefix("sk-sora-"), JWT[:40], IMAGE[:80]]
    return [form for text in texts for form in (text.encode(), text.encode("utf-16-le"))]


def found_in(folder: Path, needles: list[bytes]) -> list[str]:
    return [
        f"{path.name}: {needle!r}"
        for path in folder.rglob("*")
        if path.is_file()
        for needle in needles
        if needle in path.read_bytes()
    ]


@pytest.mark.parametrize("body_bytes", [4096, 300])
def test_nothing_planted_turns_up_anywhere(
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    body_bytes: int,
) -> None:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    caplog.set_level(logging.DEBUG)
    answers: list[str] = []
    with Studio(workspace) as studio:
        studio.settings.set("log.body_bytes", body_bytes)
        studio.accounts.add("sora_web", label="hers", **ACCOUNT)
        server = studio.serve(port=0)
        key = str(server.new_key)
        headers = {
            "authorization": f"Bearer {key}",
            "cookie": "session=PLANTEDcookie9; theme=dark",
            "x-api-key": "PLANTEDheader10",
        }
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
            for body in BODIES:
                answers.append(http.post(f"/v1/videos?token={WEAK}", json=body | {"echo": key}).text)
                answers.append(http.post("/v1/videos", data={"prompt": f"password={WEAK}", "size": "x"}).text)
            http.post("/v1/videos", content=b'{"password": "PLANTED11", "prompt')  # cut, so it is no JSON
            http.post(
                "/v1/images/generations", json={"model": "none", "image": f"data:image/png;base64,{IMAGE}"}
            )
            http.post(
                "/v1/videos", files={"input_reference": ("cat.png", b"PLANTEDfile12")}, data={"size": "x"}
            )
            http.get(f"/v1/videos/{OPENAI}")
            http.get("/v1/models", headers={"authorization": "Bearer PLANTEDwrong13"})
            http.get(f"/media/PLANTEDtoken14.mp4?access_token={WEAK}")
            with http.stream(
                "POST",
                "/v1/chat/completions",
                json={
                    "model": "prompt-enhance-short-10s",
                    "stream": True,
                    "messages": [{"role": "user", "content": "A cat on a beach"}],
                    "api_key": WEAK,
                },
            ) as streamed:
                assert "[DONE]" in "".join(streamed.iter_text())
            admin = {"authorization": f"Bearer {PASSWORD}"}
            for path in ("/admin/log?limit=1000", "/admin/accounts", "/admin/stats"):
                answers.append(http.get(path, headers=admin).text)
                assert "error" not in json.loads(answers[-1])
            http.get("/admin/stats", headers={"authorization": "Bearer PLANTEDadmin15"})
        frame = studio.log()
        assert len(frame) >= 20
        assert frame["asked"].str.contains("A cat").any()  # bodies are kept, only without what was planted
        assert frame["asked"].str.contains("***", regex=False).any()
        last = frame[frame["path"] == "/v1/chat/completions"].iloc[0]
        assert "[DONE]" in last["answered"]  # a stream keeps its last part
        shown = [
            repr(thing) for thing in (studio, server, studio.accounts, studio.accounts.list(), studio.keys)
        ]
        shown += [
            repr(studio.requests.latest(1000)),
            frame.to_csv(),
            json.dumps(server.requests, default=str),
        ]
        needles = planted(key)
        mine = [
            text for text in answers[-3:] + shown if any(one.decode("latin-1") in text for one in needles)
        ]
        assert mine == []
        copy = tmp_path / "copy"  # with the write-ahead logs, as they lie while it runs
        shutil.copytree(workspace, copy)
        studio.export(tmp_path / "file.zip", log=True)
    assert found_in(copy, needles) == []
    assert found_in(workspace, needles) == []
    assert found_in(tmp_path, needles) == []
    said = "".join(capfd.readouterr()) + "\n".join(
        logging.Formatter().format(record)
        for record in caplog.records
        if record.name.split(".")[0] not in ("httpx", "httpcore")  # the test's own client
    )
    assert [needle for needle in needles if needle.decode("latin-1") in said] == []
