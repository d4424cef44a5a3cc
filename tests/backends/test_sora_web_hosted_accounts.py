"""Accounts: their proxies and connections, their credentials, what they are."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest
from sora_web_bench import Bench
from sora_web_wire import Connect, Reply, Socks5

from sora_kit import backends
from sora_kit.backends.base import (
    AccountUnfit,
    AuthExpired,
    InvalidRequest,
    Overloaded,
    Task,
    TransportFailed,
)
from sora_kit.backends.hosted import Hosted, Login
from sora_kit.backends.sora_web import SoraWebBackend
from sora_kit.backends.sora_web.transport import WRITE
from sora_kit.language import MODELS, parse
from sora_kit.standins.sora_web import NewAccount

APPLICATION = {"client_id": "app_1", "redirect_uri": "example://callback"}


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "http"])
async def test_nothing_goes_past_the_proxy(bench: Bench, scheme, monkeypatch, tmp_path) -> None:
    """The deployment's name exists for the proxy only, in its links too, so a direct call would fail."""
    place = f"http://sora.invalid:{bench.standin.port}"
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", f"{place}/backend")
    monkeypatch.setattr(bench.standin.world.files, "base", place)
    bench.settings = APPLICATION
    picture = tmp_path / "a.png"
    from PIL import Image

    Image.new("RGB", (32, 32)).save(picture)
    proxy = Connect("geheim") if scheme == "http" else Socks5("geheim")
    async with proxy.running():
        bench.proxy = f"{scheme}://user:geheim@127.0.0.1:{proxy.port}"
        await bench.backend.renew(bench.login())
        await bench.backend.renew(bench.login(session_token=""))
        await bench.backend.inspect(bench.login())
        clip = await bench.make(bench.task("a cat", image=picture))
        await bench.make(bench.task("a cat", model="gpt-image", image=picture))
        await bench.make(bench.task("as a drawing", kind="remix", source=clip))
        await bench.make(bench.task("it jumps", kind="extend", source=clip))
        await bench.make(bench.task("", kind="character", source=clip))
        await bench.make(bench.task("", kind="character", video=clip.path, seed=8))
        await bench.begin(bench.task("a cat", model="prompt-enhance-long-15s"))
        await bench.find(bench.task("a dog"))
        calls = bench.standin.stats()["calls"]
        assert {"auth_session", "oauth_token", "media", "post_delete", "character_finalize"} <= set(calls)
        assert {host for host, _ in proxy.targets} == {"sora.invalid"}
        if scheme == "http":
            assert len(proxy.targets) == sum(sum(count.values()) for count in calls.values())
        await bench.backend.close()


async def test_two_accounts_never_share_a_connection(upstream, monkeypatch) -> None:
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", upstream.url)
    upstream.on("GET", "/backend/nf/pending/v2", Reply([]))
    upstream.on("GET", "/backend/project_y/profile/drafts", Reply({"items": []}))
    backend = SoraWebBackend()
    task = Task(parse("a cat"), seed=1)
    for _ in range(3):
        await asyncio.gather(
            *(backend.look(Login(n, {"access_token": f"at-{n}"}), {"task_1": task}, 0) for n in "abc")
        )
    owners: dict[int, set[str]] = {}
    for seen in upstream.seen:
        owners.setdefault(seen.connection, set()).add(seen.headers["authorization"])
    assert len(upstream.seen) == 18
    assert sorted(map(sorted, owners.values())) == [["Bearer at-a"], ["Bearer at-b"], ["Bearer at-c"]]
    await backend.close()


def test_it_may_be_used_on_one_loop_after_the_other(bench: Bench) -> None:
    async def once(close: bool) -> str:
        told = await bench.backend.inspect(bench.login())
        if close:
            await bench.backend.close()
            await bench.backend.inspect(bench.login())
            await bench.backend.close()
        return told.email

    for _ in range(2):
        assert asyncio.run(once(close=True)) == "pro@example.com"


async def test_the_settings_of_an_account_reach_the_wire(upstream, monkeypatch) -> None:
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", upstream.url)
    upstream.on("POST", "/backend/nf/create", Reply({"id": "task_1"}))
    backend = SoraWebBackend()
    settings = {"device_id": "d-1", "write_headers": {"openai-sentinel-token": "as typed"}}
    login = Login("a", {"access_token": "at-1"}, settings)
    await backend.submit(login, Task(parse("a cat"), seed=1), {}, "tok", lambda: None)
    sent = upstream.last.headers
    assert (sent["oai-device-id"], sent["openai-sentinel-token"]) == ("d-1", "as typed")
    assert "at-1" not in repr(login)
    for wrong in ({"write_headers": {"a b": "x"}}, {"write_headers": {"Host": "x"}}, {"device_id": "a\nb"}):
        with pytest.raises(AccountUnfit) as caught:
            await backend.inspect(Login("a", {"access_token": "at-1"}, wrong))
        assert caught.value.code == "account_settings"
    with pytest.raises(AccountUnfit):
        await backend.inspect(Login("a", {"access_token": "at-1"}, proxy="gopher://x"))
    await backend.close()


async def test_an_address_that_is_none(bench: Bench, monkeypatch) -> None:
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", "sora.example")
    with pytest.raises(InvalidRequest) as caught:
        bench.backend.need(parse("a cat"))
    assert "SORA_KIT_SORA_WEB_URL" in caught.value.fix
    with pytest.raises(InvalidRequest):
        await bench.backend.inspect(bench.login())


async def test_credentials_may_be_exchanged_elsewhere(bench: Bench, upstream, monkeypatch) -> None:
    origin = f"http://127.0.0.1:{upstream.port}"
    monkeypatch.setenv("SORA_KIT_SORA_WEB_SESSION_URL", f"{origin}/one")
    monkeypatch.setenv("SORA_KIT_SORA_WEB_TOKEN_URL", f"{origin}/two")
    upstream.on("GET", "/one", Reply({"accessToken": "at-2"}))
    upstream.on("POST", "/two", Reply({"access_token": "at-3"}))
    bench.settings = APPLICATION
    assert (await bench.backend.renew(bench.login())).secrets == {"access_token": "at-2"}
    assert (await bench.backend.renew(bench.login(session_token=""))).secrets == {"access_token": "at-3"}


async def test_a_session_token_comes_first(bench: Bench) -> None:
    renewed = await bench.backend.renew(bench.login())
    account = bench.standin.accounts["pro@example.com"]
    assert renewed.secrets == {"access_token": account.access_token}
    assert renewed.email == "pro@example.com"
    assert renewed.expires == pytest.approx(time.time() + 8 * 86_400, abs=3)
    assert bench.calls("oauth_token") == 0
    assert account.access_token not in repr(renewed)


async def test_a_refresh_token_is_rotated(bench: Bench) -> None:
    bench.settings = APPLICATION
    old = bench.login(session_token="over")
    renewed = await bench.backend.renew(old)
    account = bench.standin.accounts["pro@example.com"]
    now = {"access_token": account.access_token, "refresh_token": account.refresh_token}
    assert renewed.secrets == now
    assert now["refresh_token"] != old.secrets["refresh_token"]
    with pytest.raises(AuthExpired):  # the old one is used up
        await bench.backend.renew(old)
    assert (await bench.backend.renew(bench.login(session_token=""))).secrets["refresh_token"]


@pytest.mark.parametrize("missing", APPLICATION)
async def test_a_refresh_token_alone_is_not_enough(bench: Bench, missing) -> None:
    bench.settings = {name: value for name, value in APPLICATION.items() if name != missing}
    with pytest.raises(AuthExpired) as caught:
        await bench.backend.renew(bench.login(session_token=""))
    assert missing in caught.value.why
    assert caught.value.param == missing
    assert bench.calls("oauth_token") == 0


async def test_nothing_to_renew_with(bench: Bench) -> None:
    with pytest.raises(AuthExpired):
        await bench.backend.renew(bench.login(session_token="", refresh_token=""))
    with pytest.raises(AuthExpired):
        await bench.backend.renew(bench.login(session_token="over", refresh_token=""))


async def test_a_session_that_cannot_be_asked_burns_no_refresh_token(bench: Bench) -> None:
    bench.settings = APPLICATION
    bench.standin.fault("connection_reset", endpoint="auth_session")
    with pytest.raises(TransportFailed):
        await bench.backend.renew(bench.login())
    assert bench.calls("oauth_token") == 0


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_tokens_of_a_deployment_whose_clock_is_wrong(bench: Bench, seconds) -> None:
    bench.standin.fault("clock_skew", seconds=seconds)
    bench.settings = APPLICATION
    for session in ("", None):  # the session then gives the same token, whose end its own clock tells
        login = bench.login() if session is None else bench.login(session_token=session)
        renewed = await bench.backend.renew(login)
        assert renewed.expires == pytest.approx(time.time() + 8 * 86_400, abs=3)
    told = await bench.backend.inspect(bench.login())
    assert told.expires == pytest.approx(renewed.expires, abs=3)


async def test_what_an_account_is(bench: Bench) -> None:
    await bench.begin(bench.task("a cat"))
    account = bench.standin.accounts["pro@example.com"]
    told = await bench.backend.inspect(bench.login())
    assert (told.email, told.name, told.username) == (account.email, account.name, account.username)
    assert (told.plan, told.plan_title, told.user) == ("chatgpt_pro", "ChatGPT Pro", account.user)
    assert told.plan_ends
    assert told.plan_ends > time.time()
    assert (told.onboarded, told.invite_code, told.invites_used) == (True, account.invite, 0)
    assert told.invites_total
    assert told.balance
    assert (told.balance.remaining, told.balance.exhausted) == (999, False)
    assert told.balance.resets_at == pytest.approx(time.time() + 86_400, abs=3)
    assert told.expires


async def test_an_account_that_was_never_set_up(bench: Bench) -> None:
    bench.standin.world.add(NewAccount("new@example.com", onboarded=False))
    told = await bench.backend.inspect(bench.login("new"))
    assert told.onboarded is True
    assert told.balance
    assert bench.calls("bootstrap") == 1
    assert bench.standin.accounts["new@example.com"].onboarded


@pytest.mark.parametrize("fault", ["unauthorized", "heavy_load"])
async def test_an_account_that_cannot_be_set_up(bench: Bench, fault) -> None:
    bench.standin.world.add(NewAccount("new@example.com", onboarded=False))
    bench.standin.fault(fault, endpoint="bootstrap")
    told = await bench.backend.inspect(bench.login("new"))
    assert told.onboarded is False
    assert (told.email, told.plan, told.balance) == ("new@example.com", "chatgpt_plus", None)


@pytest.mark.parametrize("endpoint", ["subscriptions", "nf_check", "invite_mine"])
@pytest.mark.parametrize("fault", ["heavy_load", "html_instead_of_json", "connection_reset"])
async def test_what_cannot_be_told_now_stays_empty(bench: Bench, endpoint, fault) -> None:
    bench.standin.fault(fault, endpoint=endpoint)
    told = await bench.backend.inspect(bench.login())
    assert told.email == "pro@example.com"
    empty = {
        "subscriptions": not told.plan,
        "nf_check": not told.balance,
        "invite_mine": told.onboarded is None,
    }
    assert [name for name, value in empty.items() if value] == [endpoint]


@pytest.mark.parametrize(
    ("fault", "endpoint", "kind"),
    [
        ("token_invalidated", "me", AuthExpired),
        ("token_expired", "nf_check", AuthExpired),
        ("token_expired", "invite_mine", AuthExpired),
        ("unsupported_country_code", "invite_mine", AccountUnfit),
        ("phone_number_required", "me", AccountUnfit),
        ("heavy_load", "me", Overloaded),
        ("connection_reset", "me", TransportFailed),
    ],
)
async def test_accounts_that_do_not_work(bench: Bench, fault, endpoint, kind) -> None:
    bench.standin.fault(fault, endpoint=endpoint)
    with pytest.raises(kind):
        await bench.backend.inspect(bench.login())


def test_needs() -> None:
    backend = SoraWebBackend()
    for model in MODELS.values():
        if not model.readme:
            continue
        words = "gen_01k9 x" if model.kind in ("extend", "character") else "x"
        need = backend.need(parse(words, model=model.id))
        assert need.backend == "sora_web"
        assert need.plan == ("chatgpt_pro" if model.pro_only else "")
        wanted = {"video": "video", "extend": "video", "image": "image"}.get(model.kind, "other")
        assert need.feature == wanted
    ours = parse("as a drawing", kind="remix", source="clip_1", model="sora2pro-landscape-10s")
    assert backend.need(ours).plan == "chatgpt_pro"
    short = parse("a cat", model="sora-2")  # 4 s
    long = parse("a cat", kind="extend", source="clip_1").with_(seconds=25)
    for request in (short, long):
        with pytest.raises(InvalidRequest):
            backend.need(request)


def test_it_is_a_backend_by_name() -> None:
    assert backends.names()[:2] == ("animatic", "sora_web")
    backend = backends.get("sora_web")
    assert backend is backends.get("sora_web")
    assert isinstance(backend, Hosted)
    assert not isinstance(backends.get("animatic"), Hosted)
    assert backend.settle_seconds > WRITE.total


def test_asking_what_it_can_do_is_cheap() -> None:
    """No HTTP client, no decoder, no database."""
    script = (
        "import sys; from sora_kit import backends; backends.get('sora_web').capabilities;"
        "print([n for n in ('httpx', 'av', 'PIL', 'sqlalchemy', 'msgspec') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
