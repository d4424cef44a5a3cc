"""Small tests of defects that the gateway before this one had and that no other test looks at.

`docs/defects.md` lists them all, each with its test.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from sora_web_studio import sora_web_studio
from sqlite_watch import watched

from sora_kit import Studio
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
from sora_kit.standins.sora_web.work import Task

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


class Desk:
    """A server on a stand-in with one account that makes one video at a time."""

    def __init__(self, studio: Studio, standin: SoraWebStandin, http: httpx.Client) -> None:
        self.studio = studio
        self.standin = standin
        self.http = http

    def ask(self, content: Any, model: str = "sora2-landscape-10s", **more: Any) -> dict[str, Any]:
        return {"model": model, "messages": [{"role": "user", "content": content}], **more}

    def tasks(self, words: str) -> list[Task]:
        """Tasks upstream whose prompt says that."""
        owners = list(self.standin.accounts.values())
        return [task for one in owners for task in list(one.tasks.values()) if words in task.prompt]

    def in_use(self) -> int:
        """Slots that are taken."""
        return sum(one.videos_in_use for one in self.studio.accounts.list(backend="sora_web"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
        only = NewAccount("only@example.com", quota=1000)
        standin = stack.enter_context(SoraWebStandin([only], latency=Latency(0.2, 0.8, 0.2)))
        folder = tmp_path_factory.mktemp("desk") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin, linger_seconds=6))
        token = standin.accounts["only@example.com"].access_token
        studio.accounts.add("sora_web", access_token=token, video_cap=1)
        server = studio.serve(port=0)
        headers = {"authorization": f"Bearer {server.new_key}"}
        http = stack.enter_context(
            httpx.Client(base_url=server.url, headers=headers, timeout=90, trust_env=False)
        )
        yield Desk(studio, standin, http)


def eventually(true: Callable[[], Any], seconds: float = 60) -> bool:
    """Whether something becomes true."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_keeps_its_video_and_holds_no_slot(desk: Desk, stream: bool):
    """C-1: the slot was lost for good, and the video with it."""
    words = f"A cat that nobody waits for, {stream}"
    body = desk.ask(words, stream=stream)
    if stream:
        with desk.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            next(answer.iter_lines())
    else:
        with pytest.raises(httpx.ReadTimeout):
            desk.http.post("/v1/chat/completions", json=body, timeout=0.4)
    assert eventually(lambda: any(one.prompt == words for one in desk.studio.records()))
    job = next(desk.studio.job(one.id) for one in desk.studio.records() if one.prompt == words)
    assert job.result(60).file.stat().st_size > 100
    assert desk.in_use() == 0
    assert len(desk.tasks(words)) == 1


def test_a_cancelled_job_stays_cancelled(desk: Desk):
    """C-29: half a second later it was running again, and its duration was off by the time zone."""
    job = desk.studio.video("A cat that is called back")
    assert eventually(lambda: desk.tasks("called back"))
    assert job.cancel()
    (task,) = desk.tasks("called back")
    assert eventually(lambda: task.phase(time.time()) == "done" and desk.in_use() == 0)
    record = desk.studio.record(job.id)
    assert (record.state, record.clips) == ("cancelled", ())
    assert record.finished is not None
    assert 0 <= record.finished - record.created < 60
    # the slot was taken for as long as the video ran upstream, and is free again
    assert desk.studio.video("The next one").result(60).kind == "video"


@pytest.mark.parametrize("refused", [False, True])
def test_a_job_that_is_cancelled_during_its_call_counts_as_long_as_it_may_run(desk: Desk, refused: bool):
    """C-11: what runs upstream and holds no slot here makes the next ones hit the upstream's limit."""
    desk.standin.fault("slow", endpoint="nf_create", seconds=1.0, nth=1)
    if refused:
        desk.standin.fault("invalid_request", endpoint="nf_create", nth=1)
    words, calls = f"Cancelled on its way, {refused}", desk.standin.stats()["calls"]["nf_create"]
    job = desk.studio.video(words)
    assert eventually(lambda: desk.standin.stats()["calls"]["nf_create"] != calls)
    assert job.cancel()
    if refused:
        assert eventually(lambda: desk.in_use() == 0)
        assert not desk.tasks(words)
    else:
        assert eventually(lambda: desk.tasks(words))
        assert desk.in_use() == 1
        assert eventually(lambda: desk.in_use() == 0)
    desk.standin.clear_faults()
    assert job.state == "cancelled"


def test_a_remix_that_is_cancelled_during_its_call_leaves_no_post_behind(desk: Desk):
    """A draft is published for its remix, and is taken down again whatever happens."""
    source = desk.studio.video("The source of a cancelled remix").result(60)
    slow = desk.standin.fault("slow", endpoint="nf_create", seconds=1.0, nth=1)
    job = desk.studio.remix(source, "cancelled remix")
    assert eventually(lambda: slow.hits), "the call has begun"
    assert desk.standin.world.posts
    assert job.cancel()
    assert eventually(lambda: desk.tasks("cancelled remix") and not desk.standin.world.posts)
    desk.standin.clear_faults()
    assert job.state == "cancelled"
    assert eventually(lambda: desk.in_use() == 0)


def test_a_picture_by_address_starts_the_video(desk: Desk):
    """C-9: an address was dropped without a word, and a video without the picture was bought."""
    given = type("Given", (), {"id": "given", "width": 160, "height": 90, "seconds": 0, "kind": "image"})
    url = desk.standin.world.files.link(given(), "source", time.time())  # type: ignore[arg-type]
    content = [
        {"type": "text", "text": "It begins"},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "with a picture by address"},
    ]
    answer = desk.http.post("/v1/chat/completions", json=desk.ask(content))
    assert answer.status_code == 200, answer.text
    (task,) = desk.tasks("by address")
    assert task.prompt == "It begins\nwith a picture by address"
    (item,) = task.body["inpaint_items"]
    upload = desk.standin.accounts["only@example.com"].uploads[item["upload_id"]]
    assert upload.data == httpx.get(url, trust_env=False).content


def test_refused_prompts_never_use_an_account_up(desk: Desk):
    """C-3: three of them disabled it."""
    refused = desk.standin.fault("content_policy", endpoint="nf_create")
    for number in range(5):
        answer = desk.http.post("/v1/chat/completions", json=desk.ask(f"Refused, {number}"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "moderation_blocked")
    desk.standin.clear_faults()
    assert refused.hits == 5, "each was asked for once"
    assert desk.http.post("/v1/chat/completions", json=desk.ask("Not refused")).status_code == 200
    (account,) = desk.studio.accounts.list(backend="sora_web")
    assert (account.state, account.errors) == ("ready", 0)


def test_busy_is_no_failure(desk: Desk):
    """C-27, C-11: whoever came while all slots were taken was sent away."""
    jobs = [desk.studio.video(f"One of four, {number}") for number in range(4)]
    assert [job.result(90).kind for job in jobs] == ["video"] * 4
    (account,) = desk.studio.accounts.list(backend="sora_web")
    assert (desk.in_use(), account.errors, account.eased_cap) == (0, 0, None)


def test_an_imported_account_works_before_anybody_has_tested_it(desk: Desk):
    """C-30: it was never chosen for a video."""
    account = desk.standin.accounts["only@example.com"]
    row = {"email": account.email, "access_token": account.access_token, "video_concurrency": 1}
    (imported,) = desk.studio.accounts.import_accounts([row], mode="offline")
    assert imported.outcome == "updated"
    desk.studio.accounts.remove(imported.account)
    (imported,) = desk.studio.accounts.import_accounts([row], mode="offline")
    assert imported.outcome == "added"
    assert desk.studio.video("By an imported account").result(60).account == imported.account


def test_one_poller_looks_for_all_videos_of_an_account(desk: Desk):
    """C-34: each video was asked for on its own, every 2.5 s."""
    (account,) = desk.studio.accounts.list(backend="sora_web")
    desk.studio.accounts.edit(account.id, video_cap=3)
    before, began = desk.standin.stats()["calls"]["pending"]["only@example.com"], time.monotonic()
    jobs = [desk.studio.video(f"Watched together, {number}") for number in range(3)]
    for job in jobs:
        job.result(60)
    looks = desk.standin.stats()["calls"]["pending"]["only@example.com"] - before
    assert 1 <= looks <= (time.monotonic() - began) / (0.9 * 0.4) + 3
    desk.studio.accounts.edit(account.id, video_cap=1)


def test_an_unknown_id_in_an_extension_is_a_plain_refusal(desk: Desk):
    """C-25: an s_… id in an extension was a KeyError, which disabled the account."""
    post = "s_" + "0" * 32
    body = desk.ask(f"and on {post}", "sora2-extension-10s")
    answer = desk.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert post in answer.json()["error"]["message"]
    # one that only looks like an id is text
    wish = desk.studio.request(f"A sign with xs_{'0' * 32}f on it")
    assert (wish.kind, wish.source) == ("video", None)


def test_lists_ask_as_few_questions_however_long_they_are(desk: Desk):
    """C-37: a hundred accounts opened a hundred and one connections."""

    def questions() -> int:
        with watched(desk.studio.workspace.database) as asked:
            desk.studio.accounts.list()
            desk.studio.accounts.table()
            desk.studio.records(limit=1000)
            desk.studio.requests.latest(1000)
        ours = ("FROM account", "FROM job", "FROM request_log")
        return sum(any(name in one for name in ours) and one.startswith("SELECT") for one in asked)

    few = questions()
    added = [desk.studio.accounts.add("other", api_key=f"key number {number}") for number in range(20)]
    try:
        # other tasks of the process ask too (who waits, who is due), so an exact count would be no law
        assert questions() <= few + 10
    finally:
        for one in added:
            desk.studio.accounts.remove(one.id)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its time zone")
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles"])
def test_the_time_zone_of_the_machine_changes_nothing(desk: Desk, zone: str):
    """C-38: east of Greenwich, a token that had ended two hours ago was still chosen."""
    from sora_kit.backends.hosted import Need
    from sora_kit.standins.sora_web import tokens

    def token(ends: float) -> str:
        user = {"chatgpt_user_id": f"user {ends}"}
        return tokens.issue(b"x", {"exp": int(time.time() + ends), tokens.AUTH: user})

    pool = desk.studio.accounts
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        try:
            ended = pool.add("zoned", access_token=token(-7200))
            good = pool.add("zoned", access_token=token(7200))
            lease = pool.lease("zone/0", Need("zoned", "video"))
            assert lease is not None
            assert lease.account == good.id
            assert pool.lease("zone/1", Need("zoned", "video", account=ended.id)) is None
        finally:
            pool.release("zone/0")
            for one in pool.list(backend="zoned"):
                pool.remove(one.id)
    time.tzset()


async def test_accounts_are_tested_several_at_a_time(desk: Desk):
    """C-43: one after the other, within one request, for minutes."""
    from sora_kit.accounts.inspection import inspect
    from sora_kit.backends.hosted import Login, Standing

    together = asyncio.Barrier(4)

    class Together:
        """Answers only when four are asked at the same time."""

        async def inspect(self, _: Login) -> Standing:
            async with asyncio.timeout(60):
                await together.wait()
            return Standing(plan="chatgpt_plus")

    pool = desk.studio.accounts
    added = [pool.add("many", api_key=f"one of many, {number}") for number in range(8)]
    tested = await inspect(pool, lambda _: Together(), [one.id for one in added])  # type: ignore[arg-type, return-value]
    assert [(one.account, one.ok) for one in tested] == [(one.id, True) for one in added]
    for one in added:
        pool.remove(one.id)


def test_a_token_that_tells_no_end_is_used(desk: Desk):
    """C-38: it was never chosen."""
    from sora_kit.backends.hosted import Need

    pool = desk.studio.accounts
    one = pool.add("endless", access_token="a token that is no JWT")
    lease = pool.lease("endless/0", Need("endless", "video"))
    assert lease is not None
    assert lease.account == one.id
    pool.remove(one.id)


def test_chunks_are_of_openai_s_form_to_the_end(desk: Desk):
    """C-23, C-24: texts ended without [DONE], every chunk had another id and said STOP."""
    body = desk.ask("a cat", "prompt-enhance-short-10s", stream=True)
    answer = desk.http.post("/v1/chat/completions", json=body)
    frames = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert frames[-1] == "[DONE]"
    chunks = [json.loads(frame) for frame in frames[:-1]]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["model"] for chunk in chunks} == {"prompt-enhance-short-10s"}
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert not any("![" in chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
