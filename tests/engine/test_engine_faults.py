"""Every fault of the stand-in against every kind of job: how the job ends, who pays, who is blamed.

The table is `engine_faults_table`. Each case has two accounts of its own, which means a pool of its own,
so each has a backend of its own name: the Sora web backend under another. All cases run at the same time
on one stand-in; then each test looks at what became of its case.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from engine_faults_table import CASES, FILMS, FREE, SUBMIT, Case
from sora_web_studio import sora_web_studio

from sora_kit import Job, Studio, backends
from sora_kit.accounts import Account
from sora_kit.backends.sora_web import SoraWebBackend
from sora_kit.language import parse
from sora_kit.language.request import MediaRef
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
from sora_kit.store import Attempt, JobRecord

pytestmark = pytest.mark.timeout(480)

AT_ONCE = 40
PATIENCE = 330.0
"""Seconds for all cases together. Nothing here says how fast they are."""
SHORT, LONG = 4.0, 120.0
"""Seconds that a task may take before a person is asked: where that is the case, and where it is not."""


class Bench:
    """All cases, run."""

    def __init__(self, studio: Studio, standin: SoraWebStandin, pools: list[str]) -> None:
        self.studio = studio
        self.standin = standin
        self.pools = pools
        self.accounts: dict[int, tuple[Account, Account]] = {}
        self.sources: dict[int, str] = {}
        """Clips that are extended, by the case."""
        self.jobs: dict[int, Job] = {}
        self.since: dict[int, int] = {}
        """Submissions of a case before its job, by the case."""
        self.clip = self.stored("video")
        self.picture = self.stored("image")
        self.post = self.published()

    def stored(self, kind: str) -> MediaRef:
        """A file of the stand-in, in the workspace, to start jobs from."""
        media = self.standin.world.files
        what = SimpleNamespace(id="given", width=160, height=90, seconds=4.0, kind=kind)
        data = httpx.get(media.link(what, "source", time.time()), trust_env=False).content
        return self.studio.loop.run(self.studio.store_media(data, kind=kind))

    def published(self) -> str:
        """A post of an account that no case has."""
        account = self.standin.accounts["publisher@example.com"]
        body = {"kind": "video", "prompt": "a tree", "orientation": "landscape", "size": "small"}
        body |= {"n_frames": 300, "model": "sy_8", "inpaint_items": [], "style_id": None}
        headers = {"authorization": f"Bearer {account.access_token}"}
        url = f"{self.standin.backend_url}/nf/create"
        task = httpx.post(url, json=body, headers=headers, trust_env=False).json()["id"]
        return self.standin.world.publish(account, account.tasks[task], "").id

    def sign_up(self, number: int, case: Case) -> None:
        """The two accounts of a case."""
        made = []
        for letter in "ab":
            account = self.standin.accounts[f"{number}-{letter}@example.com"]
            tokens = {"access_token": account.access_token}
            if case.revoked:
                tokens["session_token"] = account.session_token
            made.append(self.studio.accounts.add(self.pools[number], **tokens))
        self.accounts[number] = (made[0], made[1])

    def prepare(self, numbers: list[int]) -> None:
        """Accounts, and clips to extend."""
        for number in numbers:
            self.sign_up(number, CASES[number])
        jobs = {
            number: self.studio.video(f"Source {number}", backend=self.pools[number])
            for number in numbers
            if CASES[number].job == "extend"
        }
        self.sources = {number: job.result(PATIENCE).id for number, job in jobs.items()}

    def go_on_in(self, studio: Studio) -> None:
        """The workspace was opened anew."""
        self.studio = studio
        self.jobs = {number: studio.job(job.id) for number, job in self.jobs.items()}

    def run(self, numbers: list[int]) -> None:
        """Run cases to their end, a number of them at a time."""
        left, going, until = list(numbers), set[int](), time.monotonic() + PATIENCE
        while left or going:
            while left and len(going) < AT_ONCE:
                number = left.pop(0)
                self.begin(number)
                going.add(number)
            time.sleep(0.1)
            going = {number for number in going if self.goes_on(number)}
            if time.monotonic() > until:
                return  # the tests of those that go on will say so

    def goes_on(self, number: int) -> bool:
        """Whether the job of a case may still change."""
        record = self.jobs[number].record
        if CASES[number].ends.state == "waiting":
            return not record.done and "quotas are used up" not in record.stage
        return not record.done and record.state != "needs_you"

    def begin(self, number: int) -> None:
        """Set the faults of a case, and start its job."""
        case, pool = CASES[number], self.pools[number]
        email = f"{number}-a@example.com"
        self.since[number] = len(self.bought(number))
        at = case.at or SUBMIT[case.job]
        if not case.revoked:
            self.standin.fault(case.fault, account=email, endpoint=at, nth=case.nth, seconds=case.seconds)
        elif not case.at:
            self.standin.world.revoke(self.standin.accounts[email])
        for kind, endpoint, nth in case.also:
            self.standin.fault(kind, account=email, endpoint=endpoint, nth=nth)
        words = f"A cat, number {number}"
        picture = self.picture if case.picture else None
        match case.job:
            case "storyboard":
                wish = parse(f"[5.0s]{words} [5.0s]It sleeps", backend=pool)
            case "remix":
                wish = parse(words, kind="remix", source=self.post, backend=pool)
            case "extend":
                wish = parse(words, model="sora2-extension-10s", source=self.sources[number], backend=pool)
            case "enhance":
                wish = parse(words, model="prompt-enhance-short-10s", backend=pool)
            case "character":
                wish = parse("", model="avatar-create", video=self.clip, backend=pool)
            case kind:
                wish = parse(words, kind=kind, image=picture, backend=pool)
        self.jobs[number] = self.studio.submit(wish)
        if case.revoked and case.at:
            while not self.bought(number):
                time.sleep(0.02)
            self.standin.world.revoke(self.standin.accounts[email])

    def bought(self, number: int) -> list[dict[str, Any]]:
        """Accepted submissions of the accounts of a case."""
        ours = (f"{number}-a@example.com", f"{number}-b@example.com")
        return [one for one in self.standin.stats()["submissions"] if one["account"] in ours]


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    wanted = [
        item.callspec.params["number"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec") and "number" in item.callspec.params
    ]
    pools = [f"pool_{number}" for number in range(len(CASES))]
    emails = [f"{number}-{letter}@example.com" for number in wanted for letter in "ab"]
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.callback(forget_backends)
        install(patch, pools)
        standin = stack.enter_context(
            SoraWebStandin(
                [NewAccount("publisher@example.com"), *map(NewAccount, emails)],
                latency=Latency(0.1, 0.5, 0.1),
            )
        )
        folder = tmp_path_factory.mktemp("faults") / "workspace"
        last = [n for n in wanted if CASES[n].ends.code == "upstream_timeout" or not CASES[n].ends.ended]
        with sora_web_studio(folder, standin, **limits(LONG)) as studio:
            assert studio.role == "runner", "another studio of this process runs jobs already"
            bench = Bench(studio, standin, pools)
            bench.prepare(wanted)
            bench.run([number for number in wanted if number not in last])
        bench.go_on_in(stack.enter_context(sora_web_studio(folder, standin, **limits(SHORT))))
        bench.run(last)
        yield bench


def limits(seconds: float) -> dict[str, float]:
    """An impatient engine, in which a task may take so long."""
    return {
        "video_seconds": seconds,
        "image_seconds": seconds,
        "other_seconds": LONG,
        "unreachable_seconds": 3,
        "busy_tries": 5,
    }


def install(patch: pytest.MonkeyPatch, names: list[str]) -> None:
    """Make backends of other names known, as an installed package does."""
    made = {name: type(name, (SoraWebBackend,), {"name": name}) for name in names}

    def entry_points(*, group: str, name: str = "") -> list[Any]:
        assert group == backends.GROUP
        chosen = [name] if name in made else [] if name else list(made)
        return [SimpleNamespace(name=one, load=lambda one=one: made[one]) for one in chosen]

    patch.setattr(backends, "entry_points", entry_points)
    forget_backends()


def forget_backends() -> None:
    """Look again for what is installed."""
    backends.names.cache_clear()
    backends._made.cache_clear()


@pytest.mark.parametrize("number", range(len(CASES)), ids=map(str, CASES))
def test_a_fault_has_one_known_effect(bench: Bench, number: int):
    case, job = CASES[number], bench.jobs[number]
    ends, record = case.ends, job.record
    listed = bench.studio.attempts(job.id)
    why = [(one.label, one.outcome, one.why) for one in listed]
    told = f"{record.state}, {record.stage!r}, {record.error}, {why}"

    assert record.state == ends.state or (ends.state == "waiting" and not record.done), told
    assert tuple(f"{who(one, number)} {one.outcome}" for one in listed) == ends.tried, told
    paid = ends.bought if case.job not in FREE else 0
    assert len(bench.bought(number)) - bench.since[number] == paid, told
    if ends.state == "completed":
        assert result_of(bench, record) in ends.tried[-1], told
    elif ends.state == "waiting":
        assert "quotas are used up; the next returns at" in record.stage
    else:
        assert record.error is not None
        assert ends.error is not None
        assert (record.error["type"], record.error["code"]) == (ends.error.__name__, ends.code)
        assert record.error["what"]
        assert record.error["fix"]

    a, b = (bench.studio.accounts.get(one.id) for one in bench.accounts[number])
    assert (a.state, a.errors, a.eased_cap is not None) == (ends.account, ends.errors, ends.eased), told
    assert ends.cause in a.cause, a.cause
    assert a.enabled, "the owner's own switch is never turned"
    assert a.cause or a.state == "ready", "an account that is not in use says why"
    assert (b.state, b.errors) == ("ready", 0), f"{b.cause} {b.last_error}"
    assert a.videos_in_use + a.images_in_use + b.videos_in_use + b.images_in_use == 0


def who(attempt: Attempt, number: int) -> str:
    """The letter of an account."""
    return attempt.label.partition("@")[0].removeprefix(f"{number}-")


def result_of(bench: Bench, record: JobRecord) -> str:
    """The letter of the account that made the result, which is there."""
    studio = bench.studio
    number = int(record.backend.removeprefix("pool_"))
    letters = {one.id: letter for one, letter in zip(bench.accounts[number], "ab", strict=True)}
    if record.kind == "enhance":
        assert "cat" in record.text.lower()
        return ""  # a text belongs to nobody
    if record.kind == "character":
        assert record.text
        return letters[studio.character_of(record.id).account]
    clip = studio.clip(record.clips[0])
    assert clip.file.stat().st_size > 100
    assert (clip.seconds > 9) == (record.kind != "image")
    return letters[clip.account]


def test_every_fault_is_in_the_table():
    from sora_kit.standins.sora_web.faults import KINDS

    assert {case.fault for case in CASES} == set(KINDS)


def test_every_kind_of_job_meets_every_fault_that_can_touch_it():
    from sora_kit.standins.sora_web.faults import FATES, KINDS

    met = {(case.job, case.fault) for case in CASES if not case.at}
    fates = {
        **dict.fromkeys(FILMS, set(FATES) - {"image_failed", "cameo_failed"}),
        "image": set(FATES) - {"cameo_failed", "sora_content_violation", "sora_error"},
        "character": {"cameo_failed"},
        "enhance": set(),
    }
    for job in SUBMIT:
        assert {fault for one, fault in met if one == job} == (set(KINDS) - set(FATES)) | fates[job], job
