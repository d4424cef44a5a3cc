"""Connections: whose they are, which way they take, and how far a failed call came."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
from pathlib import Path

import pytest
from sora_web_wire import Connect, Proxy, Reply, Socks5, Upstream

from sora_kit.backends.base import Overloaded, TransportFailed, UpstreamBroken
from sora_kit.backends.sora_web import Clients, Credentials, File, Site, SoraWeb, order, transport
from sora_kit.backends.sora_web import calling as calling_module
from sora_kit.language import parse

CERTIFICATE = Path(__file__).with_name("sora_web_invalid.pem")
DRAFT = "gen_01k9btrqrnen792yvt703dp0tq"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 64


def answer_everything(upstream: Upstream) -> None:
    """One good answer for every call of the wire."""
    made = Reply({"id": "x", "asset_pointer": "x", "character": {"character_id": "x"}, "post": {"id": "x"}})
    backend: dict[tuple[str, str], Reply] = {
        ("GET", "/me"): Reply({}),
        ("GET", "/billing/subscriptions"): Reply({"data": []}),
        ("GET", "/nf/check"): Reply({"rate_limit_and_credit_balance": {}}),
        ("GET", "/project_y/invite/mine"): Reply({}),
        ("GET", "/m/bootstrap"): Reply({}),
        ("POST", "/project_y/invite/accept"): Reply({}),
        ("POST", "/project_y/profile/username/check"): Reply({}),
        ("POST", "/project_y/profile/username/set"): Reply({"username": "x"}),
        ("POST", "/uploads"): made,
        ("POST", "/video_gen"): made,
        ("GET", "/v2/recent_tasks"): Reply({"task_responses": []}),
        ("POST", "/nf/create"): made,
        ("POST", "/nf/create/storyboard"): made,
        ("POST", f"/project_y/profile/drafts/{DRAFT}/long_video_extension"): made,
        ("GET", "/nf/pending/v2"): Reply([]),
        ("GET", "/project_y/profile/drafts"): Reply({"items": []}),
        ("POST", "/project_y/post"): made,
        ("DELETE", "/project_y/post/x"): Reply(status=204),
        ("GET", "/project_y/post/x"): made,
        ("POST", "/characters/upload"): made,
        ("POST", "/characters/from-generation"): made,
        ("GET", "/project_y/cameos/in_progress/x"): Reply({}),
        ("POST", "/project_y/file/upload"): made,
        ("POST", "/characters/finalize"): made,
        ("POST", "/project_y/cameos/by_id/x/update_v2"): Reply({}),
        ("DELETE", "/project_y/characters/x"): Reply(status=204),
        ("POST", "/editor/enhance_prompt"): Reply({"enhanced_prompt": "x"}),
    }
    for (method, path), reply in backend.items():
        upstream.on(method, f"/backend{path}", reply)
    upstream.on("GET", "/api/auth/session", Reply({"accessToken": "x"}))
    upstream.on("POST", "/oauth/token", Reply({"access_token": "x"}))
    upstream.on("GET", "/az/files/x", Reply(PNG, headers={"Content-Type": "image/png"}))


async def make_every_call(web: SoraWeb, media: str, folder: Path) -> int:
    """How many requests that was."""
    file = File("x.png", "image/png", PNG)
    calls = [
        web.account.me(),
        web.account.plan(),
        web.account.quota(),
        web.account.invite(),
        web.account.bootstrap(),
        web.account.accept_invite("x"),
        web.account.username_free("x"),
        web.account.set_username("x"),
        web.images.upload(file),
        web.images.create(order(parse("x", model="gpt-image"))),
        web.images.recent(),
        web.videos.create(order(parse("x"))),
        web.videos.create(order(parse("[5.0s]x [5.0s]y"))),
        web.videos.create(order(parse(f"{DRAFT} x", model="sora2-extension-10s"))),
        web.videos.pending(),
        web.videos.drafts(),
        web.posts.publish("x"),
        web.posts.delete("x"),
        web.posts.get("x"),
        web.characters.from_video(file),
        web.characters.from_generation("x"),
        web.characters.cameo("x"),
        web.characters.upload_picture(file),
        web.characters.finalize("x", username="x", display_name="x", picture="x"),
        web.characters.set_visibility("x"),
        web.characters.delete("x"),
        web.prompts.enhance("x"),
        web.tokens.from_session("x"),
        web.tokens.from_refresh("x", client_id="x", redirect_uri="x"),
        web.fetch(media, folder / "x.png"),
    ]
    for call in calls:
        await call
    return len(calls)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "http"])
@pytest.mark.parametrize("password", ["", "geheim"])
async def test_every_call_takes_the_proxy_of_its_account(tmp_path, scheme: str, password: str) -> None:
    """The name of the upstream exists for the proxy only, and TLS holds from end to end."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    proxy: Proxy = Connect(password) if scheme == "http" else Socks5(password)
    clients = Clients(tls=trusting)
    async with Upstream().running(serving) as upstream, proxy.running():
        answer_everything(upstream)
        host = f"https://sora.invalid:{upstream.port}"
        user = f"user:{password}@" if password else ""
        credentials = Credentials("a", "at-1", proxy=f"{scheme}://{user}127.0.0.1:{proxy.port}")
        web = SoraWeb(clients, credentials, Site.at(f"{host}/backend"))
        count = await make_every_call(web, f"{host}/az/files/x", tmp_path)
        assert len(upstream.seen) == count
        # One tunnel served them all, and every connection of the upstream came out of the proxy.
        assert set(proxy.targets) == {("sora.invalid", upstream.port)}
        assert len(proxy.targets) == upstream.connections == 1
        await clients.aclose()


async def test_every_call_of_plain_http_takes_the_proxy_too(upstream, web, tmp_path) -> None:
    answer_everything(upstream)
    async with Connect().running() as proxy:
        media = f"http://127.0.0.1:{upstream.port}/az/files/x"
        made = web(proxy=f"http://127.0.0.1:{proxy.port}")
        count = await make_every_call(made, media, tmp_path)
        assert len(proxy.targets) == len(upstream.seen) == count


async def test_proxies_of_the_environment_are_ignored(upstream, web, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    upstream.on("GET", "/backend/me", Reply({}))
    await web().account.me()


async def test_no_cookie_is_kept(upstream, web) -> None:
    upstream.on("GET", "/backend/me", Reply({}, headers={"Set-Cookie": "sid=1; Path=/"}))
    for _ in range(2):
        await web().account.me()
        assert "cookie" not in upstream.last.headers


async def test_connections_are_reused_and_never_shared(upstream, web, clients) -> None:
    upstream.on("GET", "/backend/me", Reply({}))
    for _ in range(3):
        for account in "abc":
            await web(account, access_token=f"at-{account}").account.me()
    async with Socks5().running() as proxy:
        for _ in range(3):
            await web("a", access_token="at-a+", proxy=f"socks5://127.0.0.1:{proxy.port}").account.me()
        assert len(proxy.targets) == 1
    owners: dict[int, set[str]] = {}
    for seen in upstream.seen:
        owners.setdefault(seen.connection, set()).add(seen.headers["authorization"])
    assert len(upstream.seen) == 12
    assert sorted(map(sorted, owners.values())) == [[f"Bearer at-{x}"] for x in ("a", "a+", "b", "c")]
    assert len(clients) == 4


async def test_few_connections_for_many_calls(upstream, web) -> None:
    upstream.on("GET", "/backend/me", Reply({}, delay=0.02))
    await asyncio.gather(*(web().account.me() for _ in range(40)))
    assert upstream.connections <= 4


async def test_one_tls_context_for_all(clients) -> None:
    async with clients.use("a") as first, clients.use("b") as second:
        assert first is not second
        assert first.connector is not second.connector
        assert first.connector._ssl is second.connector._ssl
        assert isinstance(first.connector._ssl, ssl.SSLContext)


async def test_idle_clients_are_closed_by_themselves(upstream) -> None:
    upstream.on("GET", "/backend/me", Reply({}))
    clients = Clients(idle=0.1)
    me = SoraWeb(clients, Credentials("a", "at-1"), Site.at(upstream.url)).account.me
    await me()
    async with clients.use("busy") as busy:
        for _ in range(100):
            if len(clients) == 1:
                break
            await asyncio.sleep(0.02)
        assert len(clients) == 1
        assert not busy.closed
        await me()  # a new one
    assert upstream.connections == 2
    await clients.aclose()
    assert busy.closed
    with pytest.raises(RuntimeError):
        await me()


CUT = [
    Reply(reset=True),
    Reply(raw=b""),
    Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Len"),
    Reply(raw=b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"id": "task_1"'),
    Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
    Reply(raw=b"\x00\xff garbage\r\n\r\n"),
]


@pytest.mark.parametrize("reply", CUT, ids=lambda reply: str(reply.raw)[:30])
@pytest.mark.parametrize("via", ["", "socks5", "tunnel"])
async def test_a_cut_off_answer_may_hide_an_accepted_request(reply: Reply, via: str) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)
    clients = Clients(tls=ssl.create_default_context(cafile=CERTIFICATE))
    proxy = Connect() if via == "tunnel" else Socks5()
    async with Upstream().running(serving if via == "tunnel" else None) as upstream, proxy.running():
        upstream.on("POST", "/backend/nf/create", reply)
        url = f"https://sora.invalid:{upstream.port}/backend" if via == "tunnel" else upstream.url
        scheme = "http" if via == "tunnel" else "socks5"
        way = f"{scheme}://127.0.0.1:{proxy.port}" if via else ""
        web = SoraWeb(clients, Credentials("a", "at-1", proxy=way), Site.at(url))
        with pytest.raises(TransportFailed) as caught:
            await web.videos.create(order(parse("a cat")))
        assert caught.value.sent
        assert len(upstream.seen) == 1  # nothing was repeated
        assert len(proxy.targets) == bool(via)
        await clients.aclose()


async def test_slow_answers(upstream, web, monkeypatch) -> None:
    upstream.on("POST", "/backend/nf/create", Reply(delay=5))
    for total, silence in [(0.2, 5.0), (5.0, 0.2)]:
        patience = dataclasses.replace(transport.WRITE, total=total, silence=silence)
        monkeypatch.setattr(calling_module, "WRITE", patience)
        with pytest.raises(TransportFailed) as caught:
            await web().videos.create(order(parse("a cat")))
        assert caught.value.sent
        assert caught.value.what == "Sora did not answer in time"


async def test_a_packed_answer_that_is_damaged(upstream, web) -> None:
    upstream.on("GET", "/backend/me", Reply(b"no gzip", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(UpstreamBroken):
        await web().account.me()


async def test_an_endless_answer(upstream, web, monkeypatch) -> None:
    monkeypatch.setattr(calling_module, "MOST_BYTES", 1000)
    upstream.on("GET", "/backend/me", Reply(b" " * 1001))
    with pytest.raises(UpstreamBroken):
        await web().account.me()


async def nothing_was_sent(made: SoraWeb) -> None:
    with pytest.raises(TransportFailed) as caught:
        await made.videos.create(order(parse("a cat")))
    assert not caught.value.sent
    assert "geheim" not in str(caught.value)


async def test_nobody_is_there(clients) -> None:
    async with Upstream().running() as gone:
        url = gone.url
    await nothing_was_sent(SoraWeb(clients, Credentials("a", "at-1"), Site.at(url)))


@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_proxy_that_is_gone(upstream, web, scheme: str) -> None:
    async with Socks5().running() as proxy:
        port = proxy.port
    await nothing_was_sent(web(proxy=f"{scheme}://user:geheim@127.0.0.1:{port}"))
    assert not upstream.seen


async def test_a_proxy_with_another_password(upstream, web) -> None:
    async with Socks5("richtig").running() as proxy:
        await nothing_was_sent(web(proxy=f"socks5://user:geheim@127.0.0.1:{proxy.port}"))
        await nothing_was_sent(web(proxy=f"socks5://127.0.0.1:{proxy.port}"))
    async with Connect("richtig").running() as proxy:
        await nothing_was_sent(web(proxy=f"http://127.0.0.1:{proxy.port}"))
    assert not upstream.seen


async def test_a_tunnel_that_is_refused(clients) -> None:
    async with Connect("richtig").running() as proxy:
        credentials = Credentials("a", "at-1", proxy=f"http://127.0.0.1:{proxy.port}")
        await nothing_was_sent(SoraWeb(clients, credentials, Site.at("https://sora.invalid/backend")))


@pytest.mark.parametrize(
    "garbage", [b"\x05", b"\x00\x00", b"HTTP/1.1 400 Bad\r\n\r\n", b"\x05\x07", b"\x05\x02"]
)
async def test_a_socks_proxy_that_talks_nonsense(upstream, web, garbage: bytes) -> None:
    async with Socks5().running() as proxy:
        proxy.garbage = garbage
        await nothing_was_sent(web(proxy=f"socks5://127.0.0.1:{proxy.port}"))


async def test_a_socks_proxy_that_says_nothing(upstream, web, monkeypatch) -> None:
    monkeypatch.setattr(calling_module, "WRITE", transport.Patience(total=0.2, silence=5))
    async with Socks5().running() as proxy:
        proxy.stuck = True
        await nothing_was_sent(web(proxy=f"socks5://127.0.0.1:{proxy.port}"))


async def test_a_certificate_that_nobody_vouches_for(clients) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)
    async with Upstream().running(serving) as upstream:
        site = Site.at(f"https://127.0.0.1:{upstream.port}/backend")
        await nothing_was_sent(SoraWeb(clients, Credentials("a", "at-1"), site))
        assert not upstream.seen


async def test_a_cancelled_call_leaves_the_client_usable(upstream, web) -> None:
    upstream.on("GET", "/backend/me", Reply({}, delay=30), Reply({}))
    call = asyncio.create_task(web().account.me())
    while not upstream.seen:
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await web().account.me()


async def test_waiting_times_come_through(upstream, web) -> None:
    upstream.on("POST", "/backend/nf/create", Reply(b"{}", 503, {"Retry-After": "7"}))
    with pytest.raises(Overloaded) as caught:
        await web().videos.create(order(parse("a cat")))
    assert caught.value.retry_after == 7.0


async def test_a_question_that_fails_says_how_far_it_came(upstream, web, clients, monkeypatch) -> None:
    monkeypatch.setattr(calling_module, "QUICK", dataclasses.replace(transport.QUICK, silence=0.2))
    upstream.on("GET", "/backend/me", Reply({}, delay=5))
    with pytest.raises(TransportFailed, match="did not answer in time"):
        await web().account.me()
    nobody = SoraWeb(clients, Credentials("a", "at-1"), Site.at("http://127.0.0.1:1/backend"))
    with pytest.raises(TransportFailed, match="could not be reached") as caught:
        await nobody.account.me()
    assert not caught.value.sent
