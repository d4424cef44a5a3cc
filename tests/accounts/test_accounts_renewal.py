"""New access tokens: got once, stored before use, and never at the cost of an account."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts_pool import VIDEO, Clock, filled

from sora_kit.accounts import Accounts
from sora_kit.accounts.inspection import inspect
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import AccountUnfit, AuthExpired, TransportFailed
from sora_kit.backends.hosted import Balance, Login, Renewed, Standing
from sora_kit.backends.sora_web.hosted import SoraWebBackend
from sora_kit.standins.sora_web import NewAccount, SoraWebStandin


class Upstream:
    """A backend that hands out numbered tokens; each session token works once."""

    name = "sora_web"

    def __init__(self) -> None:
        self.calls = 0
        self.fails: Exception | None = None
        self.pause = 0.0
        self.life = 864_000.0
        self.clock: Any = time.time
        self.same = ""
        self.standing = Standing()
        self.refused: set[str] = set()

    async def renew(self, login: Login) -> Renewed:
        self.calls += 1
        number = self.calls
        await asyncio.sleep(self.pause)
        if self.fails is not None:
            raise self.fails
        token = self.same or f"at-{number}"
        secrets = {"access_token": token, "session_token": f"st-{number}"}
        return Renewed(secrets, expires=self.clock() + self.life, email="A@example.com")

    async def inspect(self, login: Login) -> Standing:
        if login.secrets.get("access_token") in self.refused:
            raise AuthExpired("refused")
        if self.fails is not None:
            raise self.fails
        return self.standing


@pytest.fixture
def upstream(clock: Clock) -> Upstream:
    made = Upstream()
    made.clock = clock
    return made


@pytest.fixture
def renewal(pool: Accounts, upstream: Upstream) -> Renewal:
    return Renewal(pool, lambda _name: upstream)  # type: ignore[arg-type,return-value]


@pytest.fixture
def one(pool: Accounts, clock: Clock) -> str:
    """An account with a good access token and a session token."""
    account = pool.add("sora_web", access_token="at-0", session_token="st-0")
    with pool.database.write() as connection:
        pool.put(connection, pool.row(connection, account.id), {"expires": clock.now + 864_000})
    return account.id


async def test_a_good_token_is_not_renewed(renewal: Renewal, upstream: Upstream, one: str) -> None:
    assert (await renewal.fresh(one)).secrets["access_token"] == "at-0"
    assert (await renewal.fresh(one, "an older one")).secrets["access_token"] == "at-0"
    assert upstream.calls == 0


async def test_a_refused_token_is_renewed_once_for_everybody(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    upstream.pause = 0.05
    logins = await asyncio.gather(*(renewal.fresh(one, "at-0") for _ in range(20)))
    assert {login.secrets["access_token"] for login in logins} == {"at-1"}
    assert upstream.calls == 1
    assert pool.login(one).secrets == {"access_token": "at-1", "session_token": "st-1"}
    assert pool.get(one).email == "a@example.com"
    assert pool.events(one)[0].what == "refreshed"


async def test_what_was_rotated_is_stored_even_if_nobody_waits_any_more(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    """C-39: rotated session tokens used to be lost."""
    upstream.pause = 0.1
    waiting = asyncio.create_task(renewal.fresh(one, "at-0"))
    await asyncio.sleep(0.03)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.3)
    assert pool.login(one).secrets == {"access_token": "at-1", "session_token": "st-1"}
    assert (await renewal.fresh(one, "at-0")).secrets["access_token"] == "at-1"
    assert upstream.calls == 1


async def test_a_network_failure_never_disables_an_account(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    """C-39: a network error at midnight used to disable the account as expired."""
    upstream.fails = TransportFailed("no way")
    for _ in range(5):
        with pytest.raises(TransportFailed):
            await renewal.fresh(one, "at-0")
    now = pool.get(one)
    assert (now.state, now.enabled) == ("ready", True)
    assert [event.what for event in pool.events(one)] == ["not refreshed", "added"]
    upstream.fails = None
    assert (await renewal.fresh(one, "at-0")).secrets["access_token"].startswith("at-")


async def test_credentials_that_are_over_set_the_account_aside_with_the_reason(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    """C-6: the reason used to be left empty."""
    upstream.fails = AuthExpired("The session is over", why="It was signed out")
    with pytest.raises(AuthExpired):
        await renewal.fresh(one, "at-0")
    now = pool.get(one)
    assert (now.state, now.cause, now.enabled) == ("expired", "The session is over. It was signed out.", True)
    assert pool.lease("s", VIDEO) is None
    pool.edit(one, session_token="st-new")
    assert pool.get(one).state == "ready"


async def test_an_account_with_nothing_to_renew_with(pool: Accounts, renewal: Renewal) -> None:
    (bare,) = filled(pool, 1)
    token = pool.login(bare).secrets["access_token"]
    assert (await renewal.fresh(bare)).secrets["access_token"] == token
    with pytest.raises(AuthExpired, match="no session token"):
        await renewal.fresh(bare, token)
    assert pool.get(bare).state == "expired"


async def test_api_keys_need_no_renewal(pool: Accounts, renewal: Renewal, upstream: Upstream) -> None:
    key = pool.add("sora_web", api_key="k" * 30)
    assert (await renewal.fresh(key.id)).secrets == {"api_key": "k" * 30}
    assert upstream.calls == 0


async def test_a_backend_that_gives_the_refused_token_again_does_not_turn_in_circles(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    upstream.same = "at-0"
    with pytest.raises(AuthExpired, match="the same one again"):
        await renewal.fresh(one, "at-0")
    assert upstream.calls == 1
    assert pool.login(one).secrets["session_token"] == "st-1", "what was rotated is kept all the same"


async def test_new_credentials_given_meanwhile_are_not_judged_by_the_old_ones(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str
) -> None:
    upstream.pause, upstream.fails = 0.1, AuthExpired("over")
    waiting = asyncio.create_task(renewal.fresh(one, "at-0"))
    await asyncio.sleep(0.03)
    pool.edit(one, session_token="st-new")
    with pytest.raises(AuthExpired):
        await waiting
    assert pool.get(one).state == "ready"


async def test_tokens_are_tended_before_they_end(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str, clock: Clock
) -> None:
    """C-39: only at midnight, and only if less than a day was left."""
    await renewal.tend()
    assert upstream.calls == 0
    clock.move(864_000 - 3599)
    await renewal.tend()
    assert upstream.calls == 1
    assert pool.get(one).expires == clock.now + 864_000
    await renewal.tend()
    assert upstream.calls == 1


async def test_short_lives_are_tended_in_their_last_tenth(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str, clock: Clock
) -> None:
    upstream.life = 600
    await renewal.fresh(one, "at-0")
    clock.move(530)
    await renewal.tend()
    assert upstream.calls == 1
    clock.move(15)
    await renewal.tend()
    assert upstream.calls == 2


async def test_accounts_without_an_access_token_get_one(
    pool: Accounts, renewal: Renewal, upstream: Upstream
) -> None:
    new = pool.add("sora_web", session_token="st-0" + "x" * 30)
    assert new.label == "st-0…xxxx"
    await renewal.tend()
    now = pool.get(new.id)
    assert (now.has_access_token, now.label) == (True, "a@example.com")


async def test_a_dead_session_costs_nothing_while_the_token_lives(
    pool: Accounts, renewal: Renewal, upstream: Upstream, one: str, clock: Clock
) -> None:
    clock.move(864_000 - 100)
    upstream.fails = AuthExpired("The session is over")
    for _ in range(3):
        await renewal.tend()
    assert upstream.calls == 1, "it is not asked every time"
    assert pool.get(one).state == "ready"
    assert pool.lease("s", VIDEO) is not None
    clock.move(100)
    with pytest.raises(AuthExpired):
        await renewal.fresh(one)
    assert pool.get(one).state == "expired"


async def test_tending_survives_accounts_that_fail(
    pool: Accounts, upstream: Upstream, one: str, clock: Clock
) -> None:
    two = pool.add("other", session_token="st-0" + "x" * 30)

    def backend(name: str) -> Any:
        if name == "other":
            raise KeyError(name)
        return upstream

    clock.move(864_000)
    await Renewal(pool, backend).tend()
    assert pool.login(one).secrets["access_token"] == "at-1"
    assert pool.get(two.id).state == "ready"


async def test_a_test_writes_down_what_an_account_is(
    pool: Accounts, upstream: Upstream, one: str, clock: Clock
) -> None:
    pool.failed(one, AccountUnfit("not here"))
    upstream.standing = Standing(
        email="Me@example.com", name="Me", username="me", user="user-9", plan="chatgpt_pro",
        plan_title="ChatGPT Pro", plan_ends=clock.now + 9, onboarded=True, invite_code="ABC", invites_used=1,
        invites_total=4, balance=Balance(12, resets_at=clock.now + 99), expires=clock.now + 999,
    )  # fmt: skip
    upstream.refused = {"at-0"}
    (result, missing) = await inspect(pool, lambda _name: upstream, [one, "acc_nope"])  # type: ignore[arg-type,return-value]
    assert (result.ok, result.why) == (True, "ChatGPT Pro, 12 left")
    assert (missing.ok, "acc_nope" in missing.why) == (False, True)
    now = pool.get(one)
    assert (now.state, now.email, now.user, now.plan, now.quota) == (
        "ready", "me@example.com", "user-9", "chatgpt_pro", 12,
    )  # fmt: skip
    assert (now.onboarded, now.invites_used, now.invites_total, now.checked) == (True, 1, 4, clock.now)
    upstream.fails = TransportFailed("no way")
    (result,) = await inspect(pool, lambda _name: upstream, [one])  # type: ignore[arg-type,return-value]
    assert (result.ok, result.why) == (False, "no way.")
    assert pool.get(one).errors_in_row == 1


@pytest.fixture
def standin() -> Iterator[SoraWebStandin]:
    accounts = [NewAccount("a@example.com", plan="chatgpt_pro", quota=7)]
    with SoraWebStandin(accounts) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SORA_KIT_SORA_WEB_URL", server.backend_url)
        yield server


CHILD = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from accounts_pool import opened
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.sora_web.hosted import SoraWebBackend

async def main():
    pool, backend = opened(Path(sys.argv[1])), SoraWebBackend()
    renewal = Renewal(pool, lambda name: backend)
    (one,) = pool.list()
    while time.time() < float(sys.argv[4]):
        pass
    tokens = await asyncio.gather(*(renewal.fresh(one.id, sys.argv[3]) for _ in range(5)))
    print(*sorted({login.secrets["access_token"] for login in tokens}))
    await backend.close()

asyncio.run(main())
"""


def test_three_processes_renew_once_and_lose_nothing(
    pool: Accounts, workspace: Path, standin: SoraWebStandin
) -> None:
    upstream = standin.accounts["a@example.com"]
    old = upstream.access_token
    one = pool.add(
        "sora_web", access_token=old, refresh_token=upstream.refresh_token, client_id="app",
        redirect_uri="com.example://callback",
    )  # fmt: skip
    standin.world.revoke(upstream)
    begin = str(time.time() + 3.0)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(workspace), str(Path(__file__).parent), old, begin],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for _ in range(3)
    ]
    answers = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert answers == {upstream.access_token}
    assert (
        standin.stats()["calls"]["oauth_token"] == {"": 1}
        or sum(standin.stats()["calls"]["oauth_token"].values()) == 1
    )
    assert pool.login(one.id).secrets["refresh_token"] == upstream.refresh_token, "the next one is stored"
    assert pool.get(one.id).state == "ready"


async def test_a_real_account_from_session_token_to_plan(pool: Accounts, standin: SoraWebStandin) -> None:
    one = pool.add("sora_web", session_token=standin.accounts["a@example.com"].session_token)
    backend = SoraWebBackend()
    (result,) = await inspect(pool, lambda _name: backend, [one.id])
    await backend.close()
    assert result.ok, result.why
    now = pool.get(one.id)
    assert (now.label, now.plan, now.quota, now.onboarded) == ("a@example.com", "chatgpt_pro", 7, True)


def test_tokens_in_events_are_masked(pool: Accounts, one: str) -> None:
    pool.failed(one, TransportFailed("GET https://x/?access_token=eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"))
    text = json.dumps([pool.get(one).to_json(), [event.cause for event in pool.events(one)]])
    assert "c2lnbmF0dXJl" not in text
