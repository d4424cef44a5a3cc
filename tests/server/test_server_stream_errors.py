"""A representative of every typed failure, as a chat client meets it: in a stream, and without one.

A stream has answered 200 before anything can fail, so the failure is its last event but one, in OpenAI's
envelope, and ``[DONE]`` follows. Without a stream it is the HTTP status of the one table, `EFFECTS`. Both
leave the failure's code in the request log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from sora_web_studio import sora_web_studio

from sora_kit import Studio
from sora_kit.accounts import Account
from sora_kit.backends.base import (
    EFFECTS,
    AccountUnfit,
    AuthExpired,
    ContentRefused,
    InvalidRequest,
    Overloaded,
    QuotaExhausted,
    TooManyConcurrent,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.errors import JobNeedsYou, SoraKitError
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Case:
    """A fault that is there at every call, and what a client is told."""

    fault: str
    error: type[SoraKitError]
    code: str
    param: str | None = None

    @property
    def status(self) -> int:
        return 400 if self.error is JobNeedsYou else EFFECTS[self.error].http_status  # type: ignore[index]


CASES = (
    Case("content_policy", ContentRefused, "moderation_blocked", "prompt"),
    Case("sora_content_violation", ContentRefused, "moderation_blocked", "prompt"),
    Case("invalid_request", InvalidRequest, "invalid_request"),
    Case("token_expired", AuthExpired, "auth_expired"),
    Case("phone_number_required", AccountUnfit, "phone_number_required"),
    Case("plan_not_allowed", AccountUnfit, "plan_refused"),
    Case("too_many_concurrent_tasks", TooManyConcurrent, "too_many_concurrent"),
    Case("heavy_load", Overloaded, "overloaded"),
    Case("connection_reset", TransportFailed, "transport_failed"),
    Case("challenge_page", UpstreamBroken, "edge_blocked"),
    Case("sora_error", UpstreamBroken, "upstream_broken"),
    Case("never_ends", JobNeedsYou, "needs_you"),
)


def test_every_typed_failure_has_a_case():
    """Of a used-up quota a job waits; see the last test."""
    assert {case.error for case in CASES} | {QuotaExhausted} == {*EFFECTS, JobNeedsYou}


@dataclass
class Bench:
    """A server, and an account for each case, one of which is in use at a time."""

    studio: Studio
    standin: SoraWebStandin
    http: httpx.Client
    accounts: list[Account]

    def patience(self, seconds: float) -> None:
        """A video that takes longer from now on needs a decision."""
        runner = self.studio.part.runner
        assert runner is not None, "another studio of this process runs jobs already"
        collecting = runner.errands.collecting
        collecting.limits = replace(collecting.limits, video_seconds=seconds)

    def use(self, number: int) -> str:
        """Let one account do everything; its e-mail."""
        for place, account in enumerate(self.accounts):
            if place == number:
                self.studio.accounts.reset(account.id)
                self.studio.accounts.enable(account.id)
            elif self.studio.accounts.get(account.id).enabled:
                self.studio.accounts.disable(account.id)
        return self.accounts[number].email

    def ask(self, prompt: str, *, stream: bool) -> httpx.Response:
        body = {
            "model": "sora2-landscape-10s",
            "messages": [{"role": "user", "content": prompt}],
            "stream": stream,
        }
        return self.http.post("/v1/chat/completions", json=body)

    def logged(self, prompt: str) -> dict[str, Any]:
        """The row of the request with that prompt, which is written soon after its answer."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for row in self.studio.requests.latest(50):
                if prompt in str(row["asked"]):
                    return dict(row)
            time.sleep(0.05)
        raise AssertionError(f"no row for {prompt}")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    emails = [f"{number}@example.com" for number in range(len(CASES) + 1)]
    with ExitStack() as stack:
        standin = stack.enter_context(
            SoraWebStandin([NewAccount(email) for email in emails], latency=Latency(0.1, 0.3, 0.1))
        )
        folder = tmp_path_factory.mktemp("failing") / "workspace"
        limits = {"settle_seconds": 0.6, "tries": 2, "busy_tries": 2}
        studio = stack.enter_context(sora_web_studio(folder, standin, **limits))
        accounts = [
            studio.accounts.add("sora_web", access_token=standin.accounts[email].access_token)
            for email in emails
        ]
        server = studio.serve(port=0)
        headers = {"authorization": f"Bearer {server.new_key}"}
        http = stack.enter_context(
            httpx.Client(base_url=server.url, headers=headers, timeout=90, trust_env=False)
        )
        yield Bench(studio, standin, http, accounts)


@pytest.fixture(scope="module")
def answers(bench: Bench) -> dict[tuple[Case, bool], httpx.Response]:
    """Each case asked in both modes, at the same time where the account survives it."""
    found: dict[tuple[Case, bool], httpx.Response] = {}
    with ThreadPoolExecutor(2) as threads:
        for number, case in enumerate(CASES):
            email = bench.use(number)
            at = None if case.fault in ("sora_content_violation", "sora_error", "never_ends") else "nf_create"
            bench.standin.fault(case.fault, account=email, endpoint=at)
            bench.patience(1.0 if case.error is JobNeedsYou else 60.0)
            asked = {}
            for stream in (True, False):
                asked[stream] = threads.submit(bench.ask, f"{case.fault} in a {stream} stream", stream=stream)
                # the second would find no account, or one that rests for a minute after its third failure
                if case.error in (AccountUnfit, AuthExpired, TransportFailed, UpstreamBroken):
                    asked[stream].result()
                    bench.use(number)
            found |= {(case, stream): answer.result() for stream, answer in asked.items()}
    return found


Answers = dict[tuple[Case, bool], httpx.Response]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_stream_tells_the_failure_and_ends(bench: Bench, answers: Answers, case: Case):
    answer = answers[case, True]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = [frame for frame in answer.text.split("\n\n") if frame and not frame.startswith(":")]
    assert all(frame.startswith("data: ") for frame in frames)
    assert frames[-1] == "data: [DONE]"
    *chunks, last = (json.loads(frame.removeprefix("data: ")) for frame in frames[:-1])
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)
    assert last.keys() == {"error"}
    told(last["error"], case)
    row = bench.logged(f"{case.fault} in a True stream")
    assert (row["status"], row["error"]) == (200, case.code)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_without_a_stream_it_is_the_status_of_the_table(bench: Bench, answers: Answers, case: Case):
    answer = answers[case, False]
    assert answer.status_code == case.status, answer.text
    assert answer.json().keys() == {"error"}
    told(answer.json()["error"], case)
    # the job exists: a client that repeated the request by itself would buy another one
    assert answer.headers["x-should-retry"] == "false"
    row = bench.logged(f"{case.fault} in a False stream")
    assert (row["status"], row["error"]) == (case.status, case.code)
    assert bench.studio.record(row["job"]).state == ("needs_you" if case.error is JobNeedsYou else "failed")


def told(error: dict[str, Any], case: Case) -> None:
    """The envelope of a failure, with all that it must say."""
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == case.code
    assert error["param"] == case.param
    types = {400: "invalid_request_error", 403: "permission_error", 429: "rate_limit_error"}
    assert error["type"] == types.get(case.status, "server_error")
    assert error["message"].count(". ") >= 1, "what happened, and what to do"
    assert "eyJ" not in error["message"]


def test_of_a_used_up_quota_a_stream_says_until_when_it_waits(bench: Bench):
    email = bench.use(len(CASES))
    bench.standin.fault("rate_limit_exhausted", account=email, endpoint="nf_create")
    body = {
        "model": "sora2-landscape-10s",
        "messages": [{"role": "user", "content": "quota"}],
        "stream": True,
    }
    said = ""
    with bench.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                said += json.loads(line[6:])["choices"][0]["delta"].get("reasoning_content", "")
            if "quotas are used up; the next returns at" in said:
                break
    (record,) = bench.studio.records(limit=1)
    assert not record.done
    assert record.id in {job.id for job in bench.studio.records(states=["queued", "running"])}
    assert bench.studio.cancel(record.id)
