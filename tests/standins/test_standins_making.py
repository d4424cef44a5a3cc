"""Making videos and pictures: bodies, phases, limits, pages, ownership, posts."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from sora_kit.standins.sora_web import NewAccount, SoraWebStandin

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
STORYBOARD = {
    "title": "Draft your video",
    "storyboard_id": None,
    "remix_target_id": None,
    "metadata": None,
    "cameo_ids": None,
    "cameo_replacements": None,
    "audio_caption": None,
    "audio_transcript": None,
    "video_caption": None,
}


async def test_a_video_goes_through_its_phases(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient
) -> None:
    answer = (await a.post("/nf/create", json=make.video("a red fox", style_id="anime"))).json()
    task = answer["id"]
    assert re.fullmatch(r"task_[0-9a-hjkmnp-tv-z]{26}", task)
    assert answer["rate_limit_and_credit_balance"]["estimated_num_videos_remaining"] == 29

    [item] = await make.pending(a)
    assert (item["id"], item["status"], item["progress_pct"]) == (task, "queued", None)
    assert (item["task_type"], item["generations"]) == ("video_gen", [])
    assert item["creation_config"]["style"]["id"] == "anime"
    seen = []
    for seconds in (2, 3.5, 3.4):
        standin.clock.advance(seconds)
        [item] = await make.pending(a)
        seen.append(item["progress_pct"])
    assert item["status"] == "running"
    assert seen == sorted(seen)
    assert seen[1] == pytest.approx(0.5)
    assert seen[2] < 1

    standin.clock.advance(0.2)  # the gap: in neither list
    assert await make.pending(a) == []
    assert await make.drafts(a) == []

    standin.clock.advance(1)
    assert await make.pending(a) == []
    [draft] = await make.drafts(a)
    assert (draft["task_id"], draft["kind"], draft["prompt"]) == (task, "sora_draft", "a red fox")
    assert re.fullmatch(r"gen_[a-zA-Z0-9]{26}", draft["id"])
    assert draft["reason_str"] is None
    assert draft["url"] != draft["downloadable_url"]
    assert draft["duration_s"] == 10


async def test_a_picture_is_only_among_the_recent_tasks(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient
) -> None:
    made = (await a.post("/video_gen", json=make.picture("a blue door"))).json()

    async def recent() -> dict[str, Any]:
        answer: dict[str, Any] = (await a.get("/v2/recent_tasks?limit=20")).json()["task_responses"][0]
        return answer

    first = await recent()
    assert (first["id"], first["progress_pct"], first["generations"]) == (made["id"], None, [])
    standin.clock.advance(5.5)
    running = await recent()
    assert (running["status"], running["progress_pct"]) == ("processing", 0.5)
    assert await make.pending(a) == []
    standin.clock.advance(4)
    done = await recent()
    assert done["status"] == "succeeded"
    assert done["generations"][0]["url"].startswith(standin.url)
    assert (done["generations"][0]["width"], done["prompt"]) == (360, "a blue door")
    assert await make.drafts(a) == []
    balance = (await a.get("/nf/check")).json()["rate_limit_and_credit_balance"]
    assert balance["estimated_num_videos_remaining"] == 30


async def test_recent_tasks_have_pages(make: Any, a: httpx.AsyncClient) -> None:
    made = [(await a.post("/video_gen", json=make.picture(str(n)))).json()["id"] for n in range(5)]
    first = (await a.get("/v2/recent_tasks", params={"limit": 3})).json()
    rest = (await a.get("/v2/recent_tasks", params={"limit": 3, "before": first["last_id"]})).json()
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [t["id"] for t in (*first["task_responses"], *rest["task_responses"])] == made[::-1]


async def test_drafts_beyond_the_newest_have_pages(make: Any, a: httpx.AsyncClient) -> None:
    made = [(await make.draft(a, f"clip {n}"))["id"] for n in range(17)]
    plain = (await a.get("/project_y/profile/drafts?limit=15")).json()
    first = (await a.get("/project_y/profile/drafts/v2?limit=15")).json()
    assert [item["id"] for item in first["items"]] == made[:1:-1]
    assert plain.keys() == {"items"}  # the older form has no cursor
    assert [item["id"] for item in plain["items"]] == made[:1:-1]
    await make.draft(a, "one that comes meanwhile")
    params = {"limit": 15, "cursor": first["cursor"]}
    rest = (await a.get("/project_y/profile/drafts/v2", params=params)).json()
    assert [item["id"] for item in rest["items"]] == made[1::-1]
    assert rest["cursor"] is None
    one = (await a.get(f"/project_y/profile/drafts/v2/{made[0]}")).json()
    assert one["prompt"] == "clip 0"
    assert (await a.get("/project_y/profile/drafts?limit=0")).status_code == 400
    assert (await a.get("/project_y/profile/drafts/v2?cursor=gen_x")).status_code == 400
    assert (await a.get("/project_y/profile/drafts?limit=many")).status_code == 400


async def test_a_fourth_video_at_once_is_refused(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient
) -> None:
    for number in range(3):
        await make.submit(a, f"clip {number}")
    refused = await a.post("/nf/create", json=make.video("one more"))
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (429, "too_many_concurrent_tasks")
    assert error["details"]["num_tasks"] == 3
    assert standin.accounts["a@example.com"].quota.used == 3
    standin.clock.advance(9)
    assert await make.submit(a, "now there is room")


@pytest.mark.parametrize(("field", "value"), [("n_frames", 750), ("model", "sy_ore"), ("size", "large")])
async def test_what_needs_the_pro_plan(make: Any, a: httpx.AsyncClient, field: str, value: Any) -> None:
    refused = await a.post("/nf/create", json=make.video(**{field: value}))
    assert (refused.status_code, refused.json()["error"]["param"]) == (403, field)
    with SoraWebStandin([NewAccount("p@example.com", plan="chatgpt_pro")]) as standin:
        headers = {"Authorization": f"Bearer {standin.accounts['p@example.com'].access_token}"}
        answer = httpx.post(
            f"{standin.backend_url}/nf/create",
            json=make.video(**{field: value}),
            headers=headers,
            trust_env=False,
        )
    assert answer.status_code == 200


WRONG = [
    ("kind", "image"),
    ("prompt", " "),
    ("prompt", 5),
    ("orientation", "wide"),
    ("size", "huge"),
    ("n_frames", 301),
    ("n_frames", True),
    ("model", "sy_9"),
    ("style_id", "baroque"),
    ("inpaint_items", None),
    ("inpaint_items", [{"kind": "link"}]),
]

WRONG_OF_PICTURES = [
    ("type", "video_gen"),
    ("operation", "remix"),
    ("width", 0),
    ("height", "360"),
    ("n_variants", 4),
]


async def test_wrong_fields_are_named(make: Any, a: httpx.AsyncClient) -> None:
    calls = [
        (path, field, make.video(**{field: value}))
        for path in ("/nf/create", "/nf/create/storyboard")
        for field, value in WRONG
    ]
    calls += [("/video_gen", field, make.picture(**{field: value})) for field, value in WRONG_OF_PICTURES]
    for path, field, body in calls:
        refused = await a.post(path, json=body)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error["param"]) == (400, "invalid_request", field)
    assert await make.pending(a) == []


async def test_bodies_that_are_no_objects(a: httpx.AsyncClient) -> None:
    for content in ("", "[1]", "{"):
        assert (await a.post("/nf/create", content=content)).status_code == 400


async def test_an_upload_starts_a_video_and_a_picture(
    make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    sent = await a.post(
        "/uploads", files={"file": ("image.png", PNG, "image/png")}, data={"file_name": "image.png"}
    )
    media = sent.json()["id"]
    items = [{"kind": "upload", "upload_id": media}]
    assert await make.submit(a, inpaint_items=items)
    refused = await b.post("/nf/create", json=make.video(inpaint_items=items))
    assert refused.status_code == 404
    remix = make.picture(
        operation="remix", inpaint_items=[{"type": "image", "frame_index": 0, "upload_media_id": media}]
    )
    assert (await a.post("/video_gen", json=remix)).status_code == 200
    assert (await a.post("/uploads", files={"file": ("image.png", b"text", "image/png")})).status_code == 400
    assert (await a.post("/uploads", data={"file": "no file"})).status_code == 400


async def test_a_storyboard(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    answer = await a.post("/nf/create/storyboard", json=make.video("shots", n_frames=450) | STORYBOARD)
    standin.clock.advance(10)
    [draft] = await make.drafts(a)
    assert (draft["task_id"], draft["title"]) == (answer.json()["id"], "Draft your video")
    assert draft["duration_s"] == 15


async def test_an_extension_is_a_longer_draft(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    draft = await make.draft(a)
    path = f"/project_y/profile/drafts/{draft['id']}/long_video_extension"
    body = {"user_prompt": "it goes on", "extension_duration_s": 10, "enable_rewrite": True}
    assert (await b.post(path, json=body)).status_code == 404
    assert (await a.post(path, json=body | {"extension_duration_s": 12})).status_code == 400
    answer = (await a.post(path, json=body)).json()
    assert answer["rate_limit_and_credit_balance"]["estimated_num_videos_remaining"] == 28
    standin.clock.advance(10)
    longer = (await make.drafts(a))[0]
    assert (longer["task_id"], longer["duration_s"]) == (answer["id"], 20)
    assert (longer["prompt"], longer["creation_config"]["orientation"]) == ("it goes on", "landscape")


async def test_posts_are_everybodys(make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient) -> None:
    post, draft = await make.post(a)
    assert re.fullmatch(r"s_[a-f0-9]{32}", post)
    seen = (await b.get(f"/project_y/post/{post}")).json()
    assert seen["post"]["attachments"][0]["generation_id"] == draft["id"]
    assert seen["profile"]["username"] == "a"
    assert seen["post"]["permalink"].endswith(f"/p/{post}")

    remix = make.video("in winter", remix_target_id=post, cameo_ids=[], cameo_replacements={})
    del remix["size"]
    assert (await b.post("/nf/create", json=remix)).status_code == 200
    [running] = await make.pending(b)
    assert running["creation_config"]["remix_target_post"] == {"id": post}
    assert (await b.get(f"/project_y/post/{post}")).json()["post"]["remix_count"] == 1

    assert (await b.delete(f"/project_y/post/{post}")).status_code == 404
    assert (await a.delete(f"/project_y/post/{post}")).status_code == 204
    assert (await a.get(f"/project_y/post/{post}")).status_code == 404
    assert (await b.post("/nf/create", json=remix)).status_code == 404


async def test_what_cannot_be_published(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient
) -> None:
    draft = await make.draft(a)

    def body(generation: Any, kind: str = "sora") -> dict[str, Any]:
        return {"attachments_to_create": [{"generation_id": generation, "kind": kind}], "post_text": ""}

    assert (await b.post("/project_y/post", json=body(draft["id"]))).status_code == 404
    assert (await a.post("/project_y/post", json=body(draft["id"], "other"))).status_code == 400
    assert (await a.post("/project_y/post", json={"attachments_to_create": []})).status_code == 400
    standin.fault("sora_content_violation", nth=1)
    refused = await make.draft(a, "bad")
    assert (await a.post("/project_y/post", json=body(refused["id"]))).status_code == 400


async def test_drafts_of_others_are_hidden(make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient) -> None:
    draft = await make.draft(a)
    await make.submit(a)
    assert await make.drafts(b) == []
    assert await make.pending(b) == []
    assert (await b.get(f"/project_y/profile/drafts/v2/{draft['id']}")).status_code == 404


async def test_ownership_can_be_switched_off(make: Any) -> None:
    with SoraWebStandin(["a@example.com", "b@example.com"], latency=0, ownership=False) as standin:
        one, two = (
            httpx.Client(
                base_url=standin.backend_url,
                headers={"Authorization": f"Bearer {account.access_token}"},
                trust_env=False,
            )
            for account in standin.accounts.values()
        )
        with one, two:
            one.post("/nf/create", json=make.video())
            draft = one.get("/project_y/profile/drafts").json()["items"][0]
            assert two.get(f"/project_y/profile/drafts/v2/{draft['id']}").status_code == 200
            assert two.get("/project_y/profile/drafts").json()["items"] == []


async def test_enhance_prompt(a: httpx.AsyncClient) -> None:
    body = {"prompt": "a cat", "expansion_level": "short", "duration_s": 10}
    short = (await a.post("/editor/enhance_prompt", json=body)).json()["enhanced_prompt"]
    long = (await a.post("/editor/enhance_prompt", json=body | {"expansion_level": "long"})).json()
    assert "cat" in short
    assert len(long["enhanced_prompt"]) > len(short)
    for wrong in ({"expansion_level": "vast"}, {"duration_s": 11}, {"prompt": ""}):
        assert (await a.post("/editor/enhance_prompt", json=body | wrong)).status_code == 400


async def test_strict_writes_need_their_header(make: Any) -> None:
    with SoraWebStandin(strict=True) as standin:
        token = standin.accounts["a@example.com"].access_token
        with httpx.Client(
            base_url=standin.backend_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as client:
            refused = client.post("/nf/create", json=make.video())
            assert refused.json()["error"]["code"] == "sentinel_block"
            headers = {"openai-sentinel-token": "anything"}
            assert client.post("/nf/create", json=make.video(), headers=headers).status_code == 200
            assert client.get("/nf/pending/v2").status_code == 200
