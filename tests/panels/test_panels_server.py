"""The server panel: what it starts, what it refuses, what it shows and what it never keeps."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit import Studio
from sora_kit.notebook.numbers import KINDS
from sora_kit.panels import Server
from sora_kit.panels.charts import LABELS, Charts
from sora_kit.panels.requests import PERIODS, Requests
from sora_kit.panels.serving import Serving
from sora_kit.store.requests import Answered

Sent = list[dict[str, Any]]


def listen(panel: Any) -> Sent:
    """Everything that the panel sends to its pages from now on."""
    sent: Sent = []
    panel.send = lambda message, buffers=None: sent.append(message)
    return sent


def tell(panel: Any, **message: Any) -> None:
    """A message of the page."""
    panel._dispatch(None, message)


def answered(**facts: Any) -> Answered:
    return Answered(**({"method": "POST", "path": "/v1/videos", "status": 200, "ms": 12.5} | facts))


@pytest.fixture
def panel(studio: Studio) -> Iterator[Server]:
    panel = Server(studio)
    yield panel
    panel.close()


@pytest.fixture
def serving(panel: Server) -> Serving:
    return panel.serving


# -- start and stop


def test_it_starts_on_this_computer_and_shows_the_first_key_once(studio: Studio, serving: Serving):
    sent = listen(serving)
    assert serving.facts["mine"] is None
    tell(serving, do="start", port="0", host="127.0.0.1")
    assert studio.server
    assert serving.facts["mine"] == {"port": studio.server.port, "open": False}
    assert serving.facts["address"]["url"] == studio.server.url
    (shown,) = [message["secret"] for message in sent if "secret" in message]
    assert shown["name"] == "default"
    headers = {"Authorization": f"Bearer {shown['secret']}"}
    assert httpx.get(f"{studio.server.url}/v1/models", headers=headers).status_code == 200
    assert shown["secret"] not in json.dumps(serving.get_state(), default=str)
    tell(serving, do="stop")
    assert not studio.server.running
    assert serving.facts["mine"] is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{studio.server.url}/healthz")


def test_a_second_start_makes_no_second_key(studio: Studio, serving: Serving):
    tell(serving, do="start", port="0")
    tell(serving, do="stop")
    sent = listen(serving)
    tell(serving, do="start", port="0")
    assert not [message for message in sent if "secret" in message]
    assert len(studio.keys.list()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_it_stays_on_this_computer_without_an_admin_password(studio: Studio, serving: Serving, host: str):
    tell(serving, do="start", port="0", host=host)
    error = serving.status["error"]
    assert "SORA_KIT_ADMIN_PASSWORD is not set" in error["why"]
    assert "Set SORA_KIT_ADMIN_PASSWORD" in error["fix"]
    assert studio.server is None
    assert serving.facts["opens"] is False


def test_with_an_admin_password_it_may_listen_to_all(
    studio: Studio, serving: Serving, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", "a long password")
    tell(serving, do="start", port="0", host="0.0.0.0")
    assert studio.server
    assert studio.server.host == "0.0.0.0"
    assert serving.facts["mine"]["open"] is True
    assert serving.facts["opens"] is True
    assert "a long password" not in json.dumps(serving.get_state(), default=str)


@pytest.mark.parametrize("port", ["http", "80000", "-1", None, {"a": 1}])
def test_a_wrong_port_is_a_card(studio: Studio, serving: Serving, port: object):
    tell(serving, do="start", port=port)
    assert "is not a port" in serving.status["error"]["what"]
    assert studio.server is None


def test_a_port_that_is_taken_is_passed_over_with_a_word(studio: Studio, serving: Serving, tmp_path: Path):
    with Studio(tmp_path / "other") as other:
        taken = other.serve(port=0).port
        tell(serving, do="start", port=str(taken))
        assert studio.server
        assert studio.server.port != taken
        assert serving.status["said"].startswith(f"Port {taken} was taken.")


def test_a_server_of_another_program_is_told_and_left_alone(workspace: Path, serving: Serving):
    code = (
        "import sys\nfrom sora_kit import Studio\n"
        "with Studio(sys.argv[1]) as studio:\n"
        "    print(studio.serve(port=0).url, flush=True)\n    sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(workspace)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        url = process.stdout.readline().strip()
        tell(serving, do="look")
        assert serving.facts["others"] == [{"url": url, "who": f"process {process.pid}"}]
        assert serving.facts["address"]["url"] == url
        tell(serving, do="stop")
        assert httpx.get(f"{url}/healthz").status_code == 200
        process.stdin.close()
        process.wait(20)
    end = time.monotonic() + 20
    while serving.facts["others"] and time.monotonic() < end:
        time.sleep(0.1)
        tell(serving, do="look")
    assert serving.facts["others"] == []


# -- keys


def test_a_key_is_made_shown_once_listed_by_hint_and_revoked(studio: Studio, serving: Serving):
    sent = listen(serving)
    tell(serving, do="create", name=" <b>ann</b> ")
    (secret,) = [message["secret"]["secret"] for message in sent if "secret" in message]
    (key,) = serving.api_keys
    assert (key["name"], key["hint"], key["revoked"]) == ("<b>ann</b>", secret[-4:], None)
    assert studio.keys.check(secret)
    assert secret not in json.dumps(serving.get_state(), default=str)
    tell(serving, do="revoke", id=key["id"])
    assert studio.keys.check(secret) is None
    assert serving.api_keys[0]["revoked"]
    assert "no longer works" in serving.status["said"]


def test_limits_are_typed_shown_in_words_and_changed(studio: Studio, serving: Serving):
    sent = listen(serving)
    limits = {"scopes": "videos read", "models": "sora2-*-10s", "per_minute": "60", "budget": "$5"}
    tell(serving, do="create", name="ann", limits=limits)
    (key,) = serving.api_keys
    assert key["limits"] == "videos, read · sora2-*-10s · 60 a minute · $0.00 of $5.00 today"
    assert key["fields"] == {
        "scopes": "videos read", "models": "sora2-*-10s", "per_minute": "60", "at_once": "", "budget": "5",
        "expires": "",
    }  # fmt: skip
    tell(
        serving,
        do="edit",
        id=key["id"],
        changes={"budget": "", "at_once": "2", "expires": "30d", "name": "bob"},
    )
    assert {"edited": key["id"]} in sent
    kept = studio.keys.get("bob")
    assert (kept.budget, kept.at_once, kept.per_minute, kept.scopes) == (None, 2, 60, ("videos", "read"))
    assert "2 at once · until 2" in serving.api_keys[0]["limits"]
    shown = serving.api_keys[0]["fields"]["expires"]
    assert abs(datetime.fromisoformat(shown).timestamp() - (kept.expires or 0)) < 60, "it can be sent back"
    tell(serving, do="edit", id=key["id"], changes={"enabled": False})
    assert serving.api_keys[0]["limits"].startswith("switched off")
    assert studio.keys.get("bob").state == "disabled"
    for changes in ({"per_minute": "many"}, {"scopes": ""}, {"scopes": "vidos"}, {"models": "sorra*"}):
        before = studio.keys.get("bob")
        tell(serving, do="edit", id=key["id"], changes=changes)
        if changes == {"scopes": ""}:
            assert studio.keys.get("bob").scopes == ("images", "videos", "read"), "as for a new key"
        else:
            assert serving.status["error"]["what"]
            assert studio.keys.get("bob") == before


def test_a_name_that_is_taken_or_empty_is_a_card(serving: Serving):
    tell(serving, do="create", name="ci")
    sent = listen(serving)
    for name in ("ci", "  ", "x" * 81):
        tell(serving, do="create", name=name)
        assert serving.status["error"]["fix"]
    assert not [message for message in sent if "secret" in message]
    tell(serving, do="revoke", id="key_gone")
    assert "key_gone" in serving.status["error"]["what"]


def test_the_key_of_the_environment_is_named_and_not_shown(serving: Serving, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_API_KEY", "very-secret-indeed")
    tell(serving, do="look")
    assert [key["name"] for key in serving.api_keys] == ["environment"]
    assert "very-secret-indeed" not in json.dumps(serving.get_state(), default=str)
    assert "deed" not in json.dumps(serving.api_keys)


# -- snippets


def test_snippets_have_a_place_for_the_address_and_none_for_the_key(serving: Serving):
    assert [one["id"] for one in serving.snippets] == ["curl", "python", "javascript"]
    for one in serving.snippets:
        assert "{base}/v1" in one["code"]
        assert "SORA_KIT_API_KEY" in one["code"]
        assert "token" not in one["code"].lower()


def test_behind_jupyter_the_way_leads_through_its_proxy(serving: Serving, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ann/")
    monkeypatch.setattr("sora_kit.notebook.urls.find_spec", lambda name: object())
    tell(serving, do="start", port="0")
    port = serving.facts["mine"]["port"]
    assert serving.facts["address"]["url"] == f"/user/ann/proxy/{port}"
    assert serving.facts["address"]["proxied"] is True
    assert all("JUPYTER_TOKEN" in one["code"] for one in serving.snippets)
    monkeypatch.setenv("SORA_KIT_PUBLIC_URL", "https://clips.example")
    tell(serving, do="look")
    assert serving.facts["address"]["url"] == "https://clips.example"
    assert serving.facts["address"]["proxied"] is False


def test_where_no_port_can_be_reached_it_says_so(serving: Serving, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "1")
    tell(serving, do="look")
    assert serving.facts["address"]["reached"] is False


# -- the log


def look(panel: Requests, **message: Any) -> dict[str, Any]:
    sent = listen(panel)
    tell(panel, do="look", who="me", **message)
    (answer,) = sent
    return answer


def test_the_log_comes_newest_first_in_windows_and_only_when_it_changed(studio: Studio, panel: Server):
    log = panel.requests
    assert look(log)["rows"] == []
    for n in range(7):
        studio.requests.add(answered(path=f"/v1/videos/{n}"))
    first = look(log, count=5)
    assert [row["path"][-1] for row in first["rows"]] == list("65432")
    assert first["more"] is True
    newest = first["rows"][0]["id"]
    assert look(log, count=5, seen=newest) == {"to": "me", "same": True}
    studio.requests.add(answered(path="/v1/videos/7"))
    assert look(log, count=100, seen=newest)["rows"][0]["path"] == "/v1/videos/7"
    assert "asked" not in first["rows"][0]


def test_the_log_can_be_filtered(studio: Studio, panel: Server):
    ann = studio.keys.create("ann")
    now = time.time()
    studio.requests.add(answered(owner=ann.id, model="sora-2", time=now - 7200))
    studio.requests.add(answered(status=404, error="not_found", path="/v1/videos/a%b_c"))
    studio.requests.add(answered(status=503, owner="admin", path="/admin/log"))

    def found(**message: Any) -> list[int]:
        return [row["status"] for row in look(panel.requests, **message)["rows"]]

    assert found() == [503, 404, 200]
    assert found(status=4) == [404]
    assert found(owner="ann") == [200]
    assert found(owner="admin") == [503]
    assert found(period="hour") == [503, 404]
    assert found(search="NOT_FOUND") == [404]
    assert found(search="a%b_c") == [404]
    assert found(search="a_b%c") == []  # no wildcards
    assert found(search="sora-2") == [200]
    assert "ann" in look(panel.requests)["owners"]


def test_a_row_opens_to_masked_bodies_the_stages_and_the_tries(studio: Studio, panel: Server):
    job = studio.image("A cat", model="gpt-image")
    job.result(60)
    studio.requests.add(
        answered(
            job=job.id,
            asked={"prompt": "<b>A cat</b>", "password": "hunter2hunter2"},
            answered='{"api_key": "sk-sora-0123456789abcdefghij"}',
        )
    )
    (row,) = look(panel.requests)["rows"]
    sent = listen(panel.requests)
    tell(panel.requests, do="open", who="me", id=row["id"])
    details = sent[0]["details"]
    assert details["state"] == "completed"
    assert [one["name"] for one in details["stages"]] == ["waiting", "making"]
    assert all(one["seconds"] >= 0 for one in details["stages"])
    assert "<b>A cat</b>" in details["asked"]
    assert "hunter2" not in json.dumps(details)
    assert "0123456789abcdef" not in json.dumps(details)


def test_a_row_that_was_forgotten_is_a_card(studio: Studio, panel: Server):
    studio.requests.add(answered())
    (row,) = look(panel.requests)["rows"]
    sent = listen(panel.requests)
    tell(panel.requests, do="open", who="me", id=row["id"] + 5)
    assert "no longer in the log" in sent[0]["fault"]["what"]
    tell(panel.requests, do="open", who="me", id="<x>")
    assert sent[1]["fault"]


# -- charts


def draw(panel: Charts, **message: Any) -> dict[str, Any]:
    sent = listen(panel)
    tell(panel, do="draw", who="me", **message)
    (answer,) = sent
    return answer


def test_every_chart_has_a_name_and_can_be_drawn(studio: Studio, panel: Server):
    assert LABELS.keys() == KINDS.keys()
    job = studio.image("A cat", model="gpt-image")
    job.result(60)
    studio.requests.add(answered(job=job.id))
    for kind, period in zip(KINDS, (*PERIODS, *PERIODS), strict=False):
        answer = draw(panel.charts, kind=kind, period=period)
        assert answer["figure"].startswith("<figure")
        assert ("<svg" in answer["figure"]) is (kind not in ("accounts", "cost")), kind


def test_a_chart_is_drawn_anew_only_when_something_happened(studio: Studio, panel: Server):
    studio.requests.add(answered())
    first = draw(panel.charts)
    assert draw(panel.charts, seen=first["mark"]) == {"to": "me", "same": True}
    assert "figure" in draw(panel.charts, seen=first["mark"], kind="outcomes")
    studio.requests.add(answered(status=500))
    assert "1 failed" in draw(panel.charts, seen=first["mark"])["figure"]


def test_a_period_leaves_out_what_is_older(studio: Studio, panel: Server):
    studio.requests.add(answered(time=time.time() - 5000))
    studio.requests.add(answered())
    assert "1 request:" in draw(panel.charts, period="hour")["figure"]
    assert "2 requests:" in draw(panel.charts, period="day")["figure"]


def test_a_wrong_chart_is_a_card(panel: Server):
    assert "no chart" in draw(panel.charts, kind="pie")["fault"]["what"]


# -- the widgets themselves


def test_the_parts_are_whole_widgets(panel: Server):
    for part in (panel.serving, panel.requests, panel.charts):
        state = part.get_state()
        assert {"_model_module", "_view_name", "_esm", "_css"} <= state.keys()
        json.dumps(
            {name: value for name, value in state.items() if name not in ("layout", "style")}, default=str
        )


def test_closing_the_panel_leaves_the_server(studio: Studio):
    panel = Server(studio)
    tell(panel.serving, do="start", port="0")
    panel.close()
    assert studio.server
    assert studio.server.running
