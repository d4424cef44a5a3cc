"""What failures do to an account, and how it comes back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from accounts_pool import IMAGE, OTHER, VIDEO, Clock, filled
from sqlite_watch import watched

from sora_kit.accounts import Accounts
from sora_kit.backends.base import (
    EFFECTS,
    AccountUnfit,
    AuthExpired,
    BackendError,
    ContentRefused,
    InvalidRequest,
    Overloaded,
    QuotaExhausted,
    TooManyConcurrent,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.backends.hosted import Balance


@pytest.fixture
def one(pool: Accounts) -> str:
    return filled(pool, 1, video_cap=3)[0]


def whats(pool: Accounts, account: str) -> list[str]:
    """What happened to an account, oldest first, without its beginning."""
    return [event.what for event in reversed(pool.events(account))][1:]


def can(pool: Accounts, need: object = VIDEO) -> bool:
    """Whether somebody would get a slot now."""
    found = pool.lease("probe", need)  # type: ignore[arg-type]
    pool.release("probe")
    return found is not None


STATES = {
    "nothing": "ready",
    "refresh": "ready",
    "unfit": "unfit",
    "cool": "cooling",
    "ease": "ready",
    "rest": "ready",
}


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_failure_has_the_effect_of_the_table(
    pool: Accounts, one: str, kind: type[BackendError]
) -> None:
    effect = EFFECTS[kind].account
    pool.failed(one, kind("It went wrong", why="For a reason"))
    now = pool.get(one)
    assert now.state == STATES[effect]
    assert now.enabled, "the switch belongs to people"
    counted = effect != "nothing"
    assert (now.errors, now.errors_today) == (counted, counted)
    assert now.last_error == ("It went wrong. For a reason" if counted else "")
    if now.state != "ready":
        assert now.cause.startswith("It went wrong. For a reason")
        (event,) = pool.events(one)[:1]
        assert event.cause == now.cause
        assert event.time == now.since


@pytest.mark.parametrize("kind", [ContentRefused, InvalidRequest, Overloaded])
def test_a_refused_prompt_never_touches_an_account(
    pool: Accounts, one: str, kind: type[BackendError]
) -> None:
    """C-3: refusals used to disable accounts, three in a row or one retried three times."""
    for _ in range(2):
        pool.failed(one, TransportFailed("no way"))
    before = pool.get(one)
    for _ in range(50):
        pool.failed(one, kind("refused 401 429 token_invalidated"))
    assert pool.get(one) == before, "not even the count of failures in a row"
    assert can(pool)


def test_no_text_of_a_failure_decides_anything(pool: Accounts, one: str) -> None:
    """C-6: a 401 in any text used to disable the account."""
    pool.failed(one, UpstreamBroken("HTTP 401 at 10.0.4.01: token_invalidated, quota 0, unsupported country"))
    assert pool.get(one).state == "ready"
    assert can(pool)


def test_a_refused_token_leaves_the_account_in_use(pool: Accounts, one: str) -> None:
    """C-6: renewing is tried first; counting is all that happens here."""
    pool.failed(one, AuthExpired("token expired"))
    assert pool.get(one).state == "ready"
    assert whats(pool, one) == []


def test_an_account_whose_quota_is_used_up_comes_back_exactly_then(
    pool: Accounts, one: str, clock: Clock
) -> None:
    """C-4: low quotas used to disable accounts for good, and wasted the last generation."""
    pool.submitted(one, "video", Balance(1, resets_at=clock.now + 7200))
    assert pool.get(one).state == "ready"
    assert can(pool), "the last generation is used"
    pool.submitted(one, "video", Balance(0, exhausted=True, resets_at=clock.now + 7200))
    now = pool.get(one)
    assert (now.state, now.quota, now.enabled) == ("cooling", 0, True)
    assert now.cool_until == clock.now + 7200
    assert not can(pool)
    clock.move(7199.9)
    assert pool.wake() == []
    assert not can(pool)
    clock.move(0.1)
    assert pool.wake() == [one]
    assert pool.wake() == []
    assert (pool.get(one).state, pool.get(one).quota, pool.get(one).cause) == ("ready", None, "")
    assert can(pool)
    assert whats(pool, one) == ["cooled", "ready"]


def test_nobody_needs_to_wake_an_account_for_the_next_lease(pool: Accounts, one: str, clock: Clock) -> None:
    pool.failed(one, QuotaExhausted("used up", resets_at=clock.now + 60))
    assert not can(pool)
    clock.move(60)
    assert can(pool)


def test_videos_that_are_used_up_leave_images_and_texts(pool: Accounts, one: str, clock: Clock) -> None:
    pool.submitted(one, "video", Balance(0, True, clock.now + 100))
    assert not can(pool)
    assert can(pool, IMAGE)
    assert can(pool, OTHER)
    pool.failed(one, QuotaExhausted("images are used up", resets_at=clock.now + 200))
    assert not can(pool, IMAGE)
    assert not can(pool, OTHER)


@pytest.mark.parametrize(("told", "wait"), [(None, 3600.0), (-5.0, 60.0), (10.0, 10.0)])
def test_how_long_an_account_cools(
    pool: Accounts, one: str, clock: Clock, told: float | None, wait: float
) -> None:
    pool.failed(one, QuotaExhausted("used up", resets_at=None if told is None else clock.now + told))
    assert pool.get(one).cool_until == clock.now + wait
    clock.move(wait)
    assert pool.wake() == [one]


def test_a_quota_that_is_whole_again_early_ends_the_cooling(pool: Accounts, one: str, clock: Clock) -> None:
    pool.submitted(one, "video", Balance(0, True, clock.now + 100))
    pool.submitted(one, "video", Balance(30, resets_at=clock.now + 100))
    assert (pool.get(one).state, pool.get(one).quota) == ("ready", 30)


def test_an_unknown_quota_does_not_stop_an_account(pool: Accounts, one: str) -> None:
    pool.submitted(one, "video", Balance())
    pool.submitted(one, "video", None)
    now = pool.get(one)
    assert (now.state, now.quota, now.videos, now.videos_today) == ("ready", None, 2, 2)


def test_an_account_that_was_never_set_up_for_videos_makes_images(pool: Accounts, one: str) -> None:
    with pool.database.write() as connection:
        pool.put(connection, pool.row(connection, one), {"onboarded": False})
    assert not can(pool)
    assert can(pool, IMAGE)
    with pool.database.write() as connection:
        pool.put(connection, pool.row(connection, one), {"onboarded": None})
    assert can(pool), "not knowing does not stop it (C-30)"


def test_an_unfit_account_waits_for_a_person(pool: Accounts, one: str, clock: Clock) -> None:
    pool.failed(one, AccountUnfit("Not served in this country"))
    clock.move(10 * 86_400)
    pool.wake()
    assert pool.get(one).state == "unfit"
    assert not can(pool)
    pool.enable(one)
    assert pool.get(one).state == "ready"
    assert can(pool)
    assert whats(pool, one) == ["unfit", "enabled"]


def test_a_plan_that_is_too_small_for_one_job_changes_nothing(pool: Accounts, one: str) -> None:
    before = pool.get(one)
    pool.failed(one, AccountUnfit("Needs Pro", code="plan_refused"))
    assert pool.get(one) == before


def test_pauses_after_failures_in_a_row_grow_and_end(pool: Accounts, one: str, clock: Clock) -> None:
    pauses = []
    for _ in range(2):
        pool.failed(one, TransportFailed("no way"))
        assert can(pool)
    for _ in range(8):
        pool.failed(one, UpstreamBroken("nonsense"))
        until = pool.get(one).cool_until
        assert until is not None
        pauses.append((until - clock.now) / 60)
        assert not can(pool, OTHER)
        pool.failed(one, TransportFailed("those under way fail, too, and add nothing"))
        assert pool.get(one).cool_until == until
        clock.move(until - clock.now)
        assert pool.wake() == [one]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    pool.succeeded(one)
    assert pool.get(one).errors_in_row == 0
    pool.failed(one, TransportFailed("no way"))
    assert pool.get(one).state == "ready"


def test_a_success_ends_a_pause(pool: Accounts, one: str) -> None:
    for _ in range(3):
        pool.failed(one, TransportFailed("no way"))
    assert pool.get(one).state == "cooling"
    pool.succeeded(one)
    assert pool.get(one).state == "ready"
    assert whats(pool, one) == ["rested", "ready"]


def test_a_pause_does_not_shorten_a_cooling(pool: Accounts, one: str, clock: Clock) -> None:
    pool.submitted(one, "video", Balance(0, True, clock.now + 10_000))
    for _ in range(3):
        pool.failed(one, TransportFailed("no way"))
    assert not can(pool, IMAGE)
    clock.move(61)
    pool.wake()
    assert can(pool, IMAGE)
    assert not can(pool)
    assert (pool.get(one).state, pool.get(one).cool_until) == ("cooling", clock.now - 61 + 10_000)


def test_easing_ends_after_five_minutes(pool: Accounts, one: str, clock: Clock) -> None:
    for n in range(3):
        pool.lease(f"s{n}", VIDEO)
    pool.failed(one, TooManyConcurrent("too many"))
    assert (pool.get(one).eased_cap, pool.get(one).state) == (2, "ready")
    pool.failed(one, TooManyConcurrent("too many"))
    assert whats(pool, one) == ["eased"], "the same again is no news"
    clock.move(300)
    pool.wake()
    assert (pool.get(one).eased_cap, pool.get(one).eased_until) == (None, None)
    assert whats(pool, one) == ["eased", "lifted"]


def test_easing_never_closes_an_account(pool: Accounts, one: str) -> None:
    pool.failed(one, TooManyConcurrent("somebody else uses it"))
    assert pool.get(one).eased_cap == 1
    assert can(pool)


def test_counts_of_today_begin_anew_at_midnight_utc(pool: Accounts, one: str, clock: Clock) -> None:
    clock.now = 86_400.0 * 20_000 - 1
    pool.submitted(one, "video", None)
    pool.submitted(one, "image", None)
    pool.failed(one, AuthExpired("x"))
    now = pool.get(one)
    assert (now.videos_today, now.images_today, now.errors_today) == (1, 1, 1)
    clock.move(1)
    now = pool.get(one)
    assert (now.videos_today, now.images_today, now.errors_today, now.videos) == (0, 0, 0, 1)
    pool.submitted(one, "video", None)
    assert (pool.get(one).videos_today, pool.get(one).videos) == (1, 2)


def test_a_backends_own_finer_failure_counts_as_its_kind(pool: Accounts, one: str) -> None:
    class RegionRefused(AccountUnfit):
        pass

    pool.failed(one, RegionRefused("not here"))
    assert pool.get(one).state == "unfit"


def test_waking_writes_nothing_when_nothing_is_due(pool: Accounts, one: str) -> None:
    with watched(pool.database) as asked:
        assert pool.wake() == []
    assert sum(sql.startswith("SELECT") for sql in asked) == 1
    assert not re.search("immediate|update|delete|insert", " ".join(asked), re.IGNORECASE)


def test_an_expired_token_without_renewal_is_not_chosen(pool: Accounts, one: str, clock: Clock) -> None:
    """C-38: two hours after its end a token was still chosen in some time zones."""
    with pool.database.write() as connection:
        pool.put(connection, pool.row(connection, one), {"expires": clock.now + 10})
    assert can(pool)
    clock.move(10)
    assert not can(pool), "even if nobody woke it up"
    assert pool.get(one).state == "expired"
    assert "nothing to get a new one with" in pool.get(one).cause
    pool.edit(one, access_token="a new token" + "x" * 30)
    assert pool.get(one).state == "ready"
    assert can(pool)


def test_the_page_for_users_holds_the_table_of_effects() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([A-Z]\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert rows == {kind.__name__: effect.account for kind, effect in EFFECTS.items()}
