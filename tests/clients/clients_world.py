"""A server on which there is one of everything, and its document with the ids of those things.

A program that only knows a schema makes up ids, and learns how a server says that there is no such thing.
With these examples in the document it reaches the answers of success, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

__all__ = ("World", "listener", "peopled", "with_examples")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """What there is, as ``(method, path) → what to send``."""

    ids: dict[tuple[str, str], dict[str, str]]
    """Values of the parameters of a path."""
    bodies: dict[tuple[str, str], Json]


@contextmanager
def listener() -> Iterator[str]:
    """The address of a program that takes every message of a webhook."""

    class Taken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taken)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def peopled(user: httpx.Client, admin: httpx.Client, hook: str, token: str) -> World:
    """Make one of everything; what a call removes is made for that call alone.

    Args:
        user: With an API key.
        admin: With the admin password.
        hook: Address that takes the messages of webhooks.
        token: Access token of an account that the workspace does not have yet.
    """

    def made(client: httpx.Client, path: str, **body: Any) -> Json:
        answer = client.post(path, json=body)
        assert answer.status_code == 200, (path, answer.text)
        return dict(answer.json())

    for old in admin.get("/admin/webhooks").json()["data"]:  # there is a limit
        admin.delete(f"/admin/webhooks/{old['id']}")
    hooks = [made(user, "/v1/webhook_endpoints", url=hook)["id"] for _ in range(2)]
    told = [made(admin, "/admin/webhooks", url=hook)["id"] for _ in range(2)]
    keys = [made(admin, "/admin/keys", name=f"{word} by {hooks[0]}")["id"] for word in ("kept", "revoked")]
    videos = [made(user, "/v1/videos", prompt="A red kite")["id"] for _ in range(2)]
    video = until(user, f"/v1/videos/{videos[0]}", lambda now: now["status"] == "completed")
    chat = {"model": "gpt-image", "messages": [{"role": "user", "content": "A lemon"}]}
    completion = made(user, "/v1/chat/completions", **chat)["id"]
    picture, lime = (
        user.post("/v1/images/generations", json={"prompt": what}).headers["x-sora-kit-job"]
        for what in ("A lemon", "A lime")
    )
    source = {"video": {"id": video["id"]}}
    character, extra = (
        made(user, "/v1/videos/characters", name=name, **source)["id"] for name in ("Mossy", "Extra")
    )
    spare = made(admin, "/admin/accounts", access_token="spare-token")["account"]["id"]
    kept = admin.get("/admin/accounts").json()["data"][0]["id"]
    job = video["id"].replace("video_", "job_")
    gone = videos[1].replace("video_", "job_")
    deliveries = f"/admin/webhooks/{told[0]}/deliveries"
    delivery = until(admin, deliveries, lambda now: now["data"])["data"][0]["id"]

    a_video = "/v1/videos/{video}"
    an_endpoint = "/v1/webhook_endpoints/{endpoint}"
    a_webhook, an_account = "/admin/webhooks/{webhook}", "/admin/accounts/{account}"
    a_clip, a_character = "/admin/clips/{clip}", "/admin/characters/{character}"
    ids: dict[tuple[str, str], dict[str, str]] = {
        ("get", "/v1/models/{model_id}"): {"model_id": "sora-2"},
        ("get", "/v1/chat/completions/{completion}"): {"completion": completion},
        ("get", "/v1/images/{image}"): {"image": picture},
        ("get", a_video): {"video": video["id"]},
        ("delete", a_video): {"video": made(user, "/v1/videos", prompt="A blue kite")["id"]},
        ("get", f"{a_video}/content"): {"video": video["id"]},
        ("head", f"{a_video}/content"): {"video": video["id"]},
        ("post", f"{a_video}/remix"): {"video": video["id"]},
        ("get", "/v1/videos/characters/{character}"): {"character": character},
        ("get", an_endpoint): {"endpoint": hooks[0]},
        ("post", an_endpoint): {"endpoint": hooks[0]},
        ("delete", an_endpoint): {"endpoint": hooks[1]},
        ("post", f"{an_endpoint}/rotate_secret"): {"endpoint": hooks[0]},
        ("post", f"{an_endpoint}/test"): {"endpoint": hooks[0]},
        ("get", "/media/{name}"): {"name": video["url"].rpartition("/")[2]},
        ("head", "/media/{name}"): {"name": video["url"].rpartition("/")[2]},
        ("get", an_account): {"account": kept},
        ("patch", an_account): {"account": kept},
        ("delete", an_account): {"account": spare},
        ("post", f"{an_account}/{{deed}}"): {"account": kept, "deed": "test"},
        ("get", "/admin/jobs/{job}"): {"job": job},
        ("delete", "/admin/jobs/{job}"): {"job": gone},
        **{("post", f"/admin/jobs/{{job}}/{do}"): {"job": job} for do in ("cancel", "resume", "retry")},
        ("get", a_clip): {"clip": job},
        ("patch", a_clip): {"clip": job},
        ("delete", a_clip): {"clip": lime},
        ("get", a_character): {"character": character},
        ("delete", a_character): {"character": extra},
        ("get", "/admin/keys/{key}"): {"key": keys[0]},
        ("patch", "/admin/keys/{key}"): {"key": keys[0]},
        ("delete", "/admin/keys/{key}"): {"key": keys[1]},
        ("get", a_webhook): {"webhook": told[0]},
        ("patch", a_webhook): {"webhook": told[0]},
        ("delete", a_webhook): {"webhook": told[1]},
        ("get", f"{a_webhook}/deliveries"): {"webhook": told[0]},
        ("post", f"{a_webhook}/rotate"): {"webhook": told[0]},
        ("post", f"{a_webhook}/test"): {"webhook": told[0]},
        ("post", "/admin/webhooks/deliveries/{delivery}/retry"): {"delivery": delivery},
    }
    bodies: dict[tuple[str, str], Json] = {
        ("post", "/v1/chat/completions"): chat,
        ("post", "/v1/videos/edits"): {"prompt": "in the snow", **source},
        ("post", "/v1/videos/extensions"): {"prompt": "it flies on", "seconds": "8", **source},
        ("post", "/v1/videos/characters"): {"name": "Mossy", **source},
        ("post", an_endpoint): {"name": "kites"},
        ("post", "/admin/accounts"): {"access_token": token},
        ("patch", an_account): {"remark": "tried"},
        ("patch", a_clip): {"favourite": True, "tags": ["kites"]},
        ("post", "/admin/characters"): {"source": job, "description": "a red kite"},
        ("post", "/admin/keys"): {"name": f"laptop of {hooks[0]}"},
        ("patch", "/admin/keys/{key}"): {"per_minute": 60},
        ("post", "/admin/webhooks"): {"url": hook},
        ("patch", a_webhook): {"name": "kites"},
        ("patch", "/admin/settings"): {"chat.wait_seconds": 300},
    }
    return World(ids, bodies)


def with_examples(document: Json, world: World) -> Json:
    """The document, changed in place: real ids and bodies as its examples."""
    for (method, path), values in world.ids.items():
        for parameter in document["paths"][path][method]["parameters"]:
            if parameter["in"] == "path":
                parameter["example"] = values[parameter["name"]]
    for (method, path), body in world.bodies.items():
        content = document["paths"][path][method]["requestBody"]["content"]
        content["application/json"]["example"] = body
    return document


def until(client: httpx.Client, path: str, done: Any) -> Json:
    """What is there when it is so."""
    end = time.monotonic() + 100
    while not done(now := client.get(path).json()):
        assert time.monotonic() < end, now
        time.sleep(0.1)
    return dict(now)
