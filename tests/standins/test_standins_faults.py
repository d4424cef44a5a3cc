"""Every kind of fault does what it says, at the call and account that it was set for."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit.errors import InvalidInput
from sora_kit.standins.sora_web import ENDPOINTS, KINDS, SoraWebStandin
from sora_kit.standins.sora_web.faults import FATES, WIRE
from sora_kit.standins.sora_web.refusals import REFUSALS

SIGNS: dict[str, tuple[int, str]] = {
    "sentinel_block": (400, '"code":"sentinel_block"'),
    "invalid_request": (400, "Unable to process request"),
    "token_invalidated": (401, '"code":"token_invalidated"'),
    "token_expired": (401, '"code":"token_expired"'),
    "bad_token": (401, "Could not parse your authentication token"),
    "unauthorized": (401, '"message":"Unauthorized'),
    "challenge_page": (403, "<title>Just a moment"),
    "unsupported_country_code": (403, '"param":"DE"'),
    "too_many_concurrent_tasks": (429, '"num_tasks":3'),
    "rate_limit_exhausted": (429, '"type":"rate_limit_exhausted"'),
    "heavy_load": (503, "under heavy load"),
    "phone_number_required": (403, '"code":"phone_number_required"'),
    "plan_not_allowed": (403, '"code":"plan_not_allowed"'),
    "content_policy": (400, '"code":"content_policy_violation"'),
}


def test_every_kind_is_tested_here() -> None:
    assert set(SIGNS) == set(REFUSALS)
    tests = Path(__file__).parent.glob("test_*.py")
    source = "".join(path.read_text("utf-8") for path in tests)
    assert [kind for kind in (*WIRE, *FATES) if f'"{kind}"' not in source] == []


def test_the_page_names_every_kind_and_endpoint() -> None:
    page = (Path(__file__).parents[2] / "docs" / "standins.md").read_text("utf-8")
    rows = [f"| `{name}` | `{place}` |" for name, place in ENDPOINTS.items()]
    rows += [f"| `{kind}` | {text} |" for kind, text in (WIRE | FATES).items()]
    rows += [f"| `{kind}` | {status}" for kind, (status, _) in REFUSALS.items()]
    assert [row for row in rows if row not in page] == []


async def test_refusals(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    for kind, (status, sign) in SIGNS.items():
        standin.fault(kind, endpoint="nf_create", nth=1)
        refused = await a.post("/nf/create", json=make.video())
        assert refused.status_code == status, kind
        assert sign in refused.text.replace('": ', '":'), kind
        assert ("html" in refused.headers["content-type"]) == (kind == "challenge_page")
    assert standin.stats()["accepted_submissions"] == 0
    assert await make.submit(a)


async def test_a_fault_is_for_one_account_endpoint_and_call(
    standin: SoraWebStandin, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    standin.fault("heavy_load", account="a@example.com", endpoint="me", nth=[2, 3])
    assert (await a.get("/nf/check")).status_code == 200
    assert [(await a.get("/me")).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert (await b.get("/me")).status_code == 200

    always = standin.fault("heavy_load", endpoint="me")
    assert [(await b.get("/me")).status_code for _ in range(3)] == [503] * 3
    assert (always.seen, always.hits) == (3, 3)
    standin.clear_faults()
    assert (await b.get("/me")).status_code == 200


async def test_faults_before_an_account_is_signed_in(
    standin: SoraWebStandin, anyone: httpx.AsyncClient
) -> None:
    account = standin.accounts["a@example.com"]
    body = {
        "client_id": "x",
        "grant_type": "refresh_token",
        "redirect_uri": "y",
        "refresh_token": account.refresh_token,
    }
    standin.fault("heavy_load", account=account.email, endpoint="oauth_token", nth=1)
    assert (await anyone.post("/oauth/token", json=body)).status_code == 503
    assert (await anyone.post("/oauth/token", json=body)).status_code == 200


async def test_a_reset_does_nothing(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("connection_reset", endpoint="nf_create", nth=1)
    with pytest.raises(httpx.ReadError):
        await a.post("/nf/create", json=make.video())
    assert await make.pending(a) == []
    assert await make.submit(a)


async def test_an_answer_cut_off_after_acceptance(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient
) -> None:
    standin.fault("cut_after_acceptance", endpoint="nf_create", nth=1)
    with pytest.raises(httpx.ReadError):
        await a.post("/nf/create", json=make.video())
    assert len(await make.pending(a)) == 1
    assert standin.accounts["a@example.com"].quota.used == 1


async def test_a_truncated_body(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("truncated_body", endpoint="nf_create", nth=1)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete|complete message"):
        await a.post("/nf/create", json=make.video())
    assert len(await make.pending(a)) == 1
    draft = await make.draft(a)
    standin.fault("truncated_body", endpoint="media", nth=1)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(draft["url"])
        assert (await client.get(draft["url"])).status_code == 200


async def test_a_slow_answer(standin: SoraWebStandin, a: httpx.AsyncClient) -> None:
    standin.fault("slow", endpoint="me", nth=1, seconds=0.3)
    begin = time.monotonic()
    assert (await a.get("/me")).status_code == 200
    assert time.monotonic() - begin >= 0.3
    standin.fault("slow", endpoint="me", nth=1, seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        await a.get("/me", timeout=0.2)


async def test_html_instead_of_json(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("html_instead_of_json", endpoint="nf_create", nth=1)
    answer = await a.post("/nf/create", json=make.video())
    assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")
    assert await make.pending(a) == []


async def test_duplicate_delivery(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("duplicate_delivery", endpoint="nf_create", nth=1)
    task = await make.submit(a)
    running = [item["id"] for item in await make.pending(a)]
    assert (len(set(running)), task in running) == (2, True)
    assert standin.stats()["duplicate_submissions"] == 1
    standin.clock.advance(10)
    standin.fault("duplicate_delivery", endpoint="drafts", nth=1)
    assert len(await make.drafts(a)) == 4
    assert len(await make.drafts(a)) == 2


async def test_clock_skew(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    draft = await make.draft(a)
    standin.fault("clock_skew", endpoint="drafts", nth=1, seconds=-7200)
    answer = await a.get("/project_y/profile/drafts")
    [skewed] = answer.json()["items"]
    assert skewed["created_at"] == pytest.approx(draft["created_at"] - 7200)
    told = parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert told == pytest.approx(standin.clock.time() - 7200, abs=2)
    honest = await a.get("/me")
    assert parsedate_to_datetime(honest.headers["date"]).timestamp() == pytest.approx(
        standin.clock.time(), abs=2
    )


async def test_a_task_that_never_ends(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("never_ends", nth=1)
    task = await make.submit(a)
    standin.clock.advance(86400)
    [item] = await make.pending(a)
    assert (item["id"], item["status"]) == (task, "running")
    assert item["progress_pct"] < 1
    assert await make.drafts(a) == []


async def test_progress_that_stays_null(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("progress_null", nth=1)
    task = await make.submit(a)
    for _ in range(2):
        standin.clock.advance(4)
        [item] = await make.pending(a)
        assert item["progress_pct"] is None
    standin.clock.advance(2)
    assert [draft["task_id"] for draft in await make.drafts(a)] == [task]


async def test_drafts_that_hold_no_video(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    expected = {
        "no_url": ("sora_draft", None, None),
        "sora_content_violation": ("sora_content_violation", "guardrails", None),
        "sora_error": ("sora_error", None, "went wrong"),
    }
    for fate, (kind, reason, error) in expected.items():
        standin.fault(fate, nth=1)
        draft = await make.draft(a, fate)
        assert (draft["kind"], draft["url"], draft["downloadable_url"]) == (kind, None, None)
        assert (reason or "") in (draft["reason_str"] or "")
        assert bool(draft["reason_str"]) == bool(reason)
        assert (error or "") in (draft["error_reason"] or "")
    assert (await make.draft(a, "a good one"))["url"]


async def test_fates_of_pictures(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    async def picture(fate: str, seconds: float) -> dict[str, Any]:
        standin.fault(fate, nth=1)
        await a.post("/video_gen", json=make.picture(fate))
        standin.clock.advance(seconds)
        answer: dict[str, Any] = (await a.get("/v2/recent_tasks")).json()["task_responses"][0]
        return answer

    failed = await picture("image_failed", 9)
    assert (failed["status"], failed["generations"]) == ("failed", [])
    assert failed["error_message"].startswith("Generation failed")
    without = await picture("no_url", 9)
    assert (without["status"], without["generations"][0]["url"]) == ("succeeded", None)
    strange = await picture("unknown_status", 5)
    assert strange["status"] not in {"queued", "processing", "running", "succeeded", "failed"}
    standin.clock.advance(4)
    assert (await a.get("/v2/recent_tasks")).json()["task_responses"][0]["status"] == "succeeded"


async def test_an_unknown_status_of_a_video(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    standin.fault("unknown_status", nth=1)
    await make.submit(a)
    [item] = await make.pending(a)
    assert item["status"] not in {"queued", "processing", "running"}


async def test_faults_over_http(anyone: httpx.AsyncClient, a: httpx.AsyncClient) -> None:
    sent = [{"kind": "heavy_load", "endpoint": "me", "nth": 1}, {"kind": "slow", "seconds": 0}]
    made = (await anyone.post("/__faults", json=sent)).json()["faults"]
    assert [one["kind"] for one in made] == ["heavy_load", "slow"]
    assert (await a.get("/me")).status_code == 503
    listed = (await anyone.get("/__faults")).json()["faults"]
    assert [(one["seen"], one["hits"]) for one in listed] == [(1, 1), (1, 1)]
    assert (await anyone.delete(f"/__faults/{made[0]['id']}")).status_code == 204
    assert (await anyone.delete(f"/__faults/{made[0]['id']}")).status_code == 404
    assert len((await anyone.get("/__faults")).json()["faults"]) == 1
    assert (await anyone.delete("/__faults")).status_code == 204
    assert (await anyone.get("/__faults")).json() == {"faults": []}


async def test_faults_that_make_no_sense(standin: SoraWebStandin, anyone: httpx.AsyncClient) -> None:
    wrong: list[tuple[Any, str]] = [
        ({"kind": "gremlin"}, "kind"),
        ({"kind": "slow", "endpoint": "nowhere"}, "endpoint"),
        ({"kind": "slow", "nth": 0}, "nth"),
        ({"kind": "slow", "nth": ["1"]}, "nth"),
        ({"kind": "slow", "nth": "1"}, "nth"),
        ({"kind": "slow", "seconds": "long"}, "seconds"),
        ({"kind": "slow", "seconds": -1}, "seconds"),
        ({"kind": "slow", "account": "nobody@example.com"}, "account"),
        ({"kind": ["slow"]}, "kind"),
        ({"kind": "slow", "endpoint": {}}, "endpoint"),
        ({"kind": "slow", "account": []}, "account"),
        ({"kind": "slow", "wher": "me"}, "wher"),
        ({"endpoint": "me"}, "body"),
        ("slow", "body"),
    ]
    for sent, param in wrong:
        refused = await anyone.post("/__faults", json=[{"kind": "slow"}, sent])
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param), sent
    assert (await anyone.post("/__faults", content="{")).status_code == 400
    assert (await anyone.get("/__faults")).json() == {"faults": []}
    with pytest.raises(InvalidInput, match="is no fault"):
        standin.fault("gremlin")
    with pytest.raises(InvalidInput, match="is no account"):
        standin.fault("slow", account="nobody@example.com")
    assert len(set(KINDS)) == len(KINDS)
