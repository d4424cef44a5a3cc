"""Webhooks from the terminal."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

import openai
import pytest
from typer.testing import CliRunner

from sora_kit.cli.app import app
from sora_kit.store import Keys, Workspace
from sora_kit.store.secrets import Secrets
from sora_kit.store.webhooks import Webhooks

URL = "https://shop.example/hook"


@pytest.fixture
def run(workspace: Path) -> Any:
    return lambda *words: CliRunner().invoke(app, ["webhooks", *words, "--workspace", str(workspace)])


def opened(workspace: Path) -> Webhooks:
    found = Workspace(workspace)
    return Webhooks(found.database, Secrets(found.database, found.folder))


def test_a_new_secret_is_all_that_stdout_holds(run: Any, workspace: Path) -> None:
    answer = run("add", URL, "--name", "shop")
    secret = answer.stdout.removesuffix("\n")
    assert "\n" not in secret
    assert secret not in answer.stderr
    hooks = opened(workspace)
    assert hooks.signing(hooks.get("shop").id) == (secret,)


def test_the_list_tells_how_they_fare_and_no_secret(run: Any, workspace: Path) -> None:
    made = json.loads(run("add", URL, "--event", "video.failed", "--json").stdout)
    opened(workspace).give_up(made["id"], "It took no message for a day")
    for answer in (run("list"), run("list", "--json")):
        assert URL in answer.stdout
        assert "It took no message for a day" in answer.stdout
        assert made["secret"] not in answer.output
    assert run("enable", URL).exit_code == 0
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["enabled"], row["events"]) == (True, ["video.failed"])
    assert run("remove", made["id"]).exit_code == 0
    assert "webhooks add" in run("list").stderr


def test_a_webhook_of_one_key(run: Any, workspace: Path) -> None:
    key = Keys(Workspace(workspace).database).create("laptop")
    made = json.loads(run("add", URL, "--key", "laptop", "--json").stdout)
    assert made["owner"] == key.id
    assert run("add", URL, "--key", "nobody").exit_code == 1


def test_what_is_none_is_one_line(run: Any) -> None:
    for words in (("add", "ftp://shop.example/"), ("add", URL, "--event", "video.done"), ("remove", "none")):
        answer = run(*words)
        assert answer.exit_code == 1
        assert answer.stderr.count("\n") == 1
        assert answer.stderr.startswith("error:")


def test_a_sample_is_sent_and_its_answer_told(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[bytes, dict[str, str]]] = []
    status = 204

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.rfile.read(int(self.headers["content-length"])), dict(self.headers.items())))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{receiver.server_address[1]}/"
        secret = run("add", url).stdout.strip()
        refused = run("test", url)
        assert refused.exit_code == 1
        assert "public internet" in refused.stderr
        monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
        fine = run("test", url)
        assert (fine.exit_code, fine.stderr.count("204")) == (0, 1)
        assert openai.OpenAI(api_key="none", webhook_secret=secret).webhooks.unwrap(*got[0])
        status = 500
        assert "500" in run("test", url).stderr
        receiver.shutdown()


def test_messages_are_listed_and_sent_again(run: Any, workspace: Path) -> None:
    hooks = opened(workspace)
    made = hooks.add(URL)
    one = hooks.outbox.add(made.id, "video.completed", "job_1")
    hooks.outbox.tried(one, state="dead", status=500, error="It did not take the message: status 500")
    (row,) = json.loads(run("deliveries", made.id, "--dead", "--json").stdout)
    assert (row["id"], row["state"], row["status"]) == (one.id, "dead", 500)
    assert run("deliveries", "--retry", one.id).exit_code == 0
    assert json.loads(run("deliveries", "--dead", "--json").stdout) == []
    assert one.id in run("deliveries").stdout
    new = run("rotate", made.id, "--keep-old").stdout.strip()
    assert hooks.signing(made.id) == (new, made.secret)
