"""Leases against a model: whatever happens in whatever order, nobody gets a slot that is not there."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from accounts_pool import Clock, opened
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from sora_kit.accounts.account import Account
from sora_kit.backends.base import QuotaExhausted, TooManyConcurrent
from sora_kit.backends.hosted import Feature, Need
from sora_kit.store.tables import account, lease

STEPS = st.sampled_from([f"s{n}" for n in range(12)])
FEATURES = st.sampled_from(["video", "image", "other"])
CAPS = st.sampled_from([-1, 1, 2])


class Leases(RuleBasedStateMachine):
    """The model is a plain dict: step → (account, feature)."""

    accounts = Bundle("accounts")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.clock = Clock()
        self.pool = opened(Path(self.folder.name), self.clock)
        self.held: dict[str, tuple[str, Feature]] = {}
        self.count = 0

    def teardown(self) -> None:
        self.pool.database.close()
        self.folder.cleanup()

    @initialize(target=accounts, video=CAPS, image=CAPS)
    def first(self, video: int, image: int) -> str:
        return self.add(video, image)

    @rule(target=accounts, video=CAPS, image=CAPS)
    def another(self, video: int, image: int) -> str:
        return self.add(video, image)

    def add(self, video: int, image: int) -> str:
        self.count += 1
        one = f"acc_{self.count:03d}"
        row = {"id": one, "backend": "b", "label": one, "video_cap": video, "image_cap": image}
        with self.pool.database.write() as connection:
            connection.execute(sa.insert(account).values(row))
        return one

    def used(self, one: str, feature: str) -> int:
        return sum(held == (one, feature) for held in self.held.values())

    def has_room(self, one: Account, feature: Feature) -> bool:
        if not one.enabled or one.state != "ready":
            return False
        cap = {"video": one.video_cap, "image": one.image_cap, "other": -1}[feature]
        if one.eased_cap is not None and feature != "other":
            cap = one.eased_cap if cap < 0 else min(cap, one.eased_cap)
        return cap < 0 or self.used(one.id, feature) < cap

    @rule(step=STEPS, feature=FEATURES)
    def take(self, step: str, feature: Feature) -> None:
        free = [one.id for one in self.pool.list() if self.has_room(one, feature)]
        got = self.pool.lease(step, Need("b", feature))
        if step in self.held:
            assert got is not None
            assert got.account == self.held[step][0]
        elif got is None:
            assert not free
        else:
            assert got.account in free
            self.held[step] = (got.account, feature)

    @rule(step=STEPS)
    def give_back(self, step: str) -> None:
        self.pool.release(step)
        self.held.pop(step, None)

    @rule(steps=st.sets(STEPS))
    def renew(self, steps: set[str]) -> None:
        assert self.pool.renew(steps) == steps & self.held.keys()

    @rule(step=STEPS)
    def crash(self, step: str) -> None:
        with self.pool.database.write() as connection:
            connection.execute(sa.update(lease).where(lease.c.step == step).values(expires=time.time() - 1))
        self.pool.wake()
        self.held.pop(step, None)

    @rule(step=STEPS)
    def linger(self, step: str) -> None:
        self.pool.linger(step, 1000)
        if step in self.held:
            self.held[f"lingering {len(self.held)} {step} {time.monotonic_ns()}"] = self.held.pop(step)

    @rule(step=STEPS, one=accounts, feature=st.sampled_from(["video", "image"]))
    def resume(self, step: str, one: str, feature: Feature) -> None:
        self.pool.resume(step, one, feature)
        self.held[step] = (one, feature)

    @rule(one=accounts)
    def switch(self, one: str) -> None:
        if self.pool.get(one).enabled:
            self.pool.disable(one)
        else:
            self.pool.enable(one)

    @rule(one=accounts, wait=st.sampled_from([10.0, 500.0]))
    def cool(self, one: str, wait: float) -> None:
        self.pool.failed(one, QuotaExhausted("x", resets_at=self.clock.now + wait))

    @rule(one=accounts)
    def ease(self, one: str) -> None:
        self.pool.failed(one, TooManyConcurrent("x"))

    @rule(seconds=st.sampled_from([5.0, 100.0, 600.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.pool.wake()

    @rule(mode=st.sampled_from(["round_robin", "least_busy", "random"]))
    def choose_mode(self, mode: str) -> None:
        self.pool.set_mode(mode)

    @invariant()
    def what_is_shown_is_what_is_held(self) -> None:
        for one in self.pool.list():
            assert one.videos_in_use == self.used(one.id, "video")
            assert one.images_in_use == self.used(one.id, "image")


Leases.TestCase.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLeases = Leases.TestCase
