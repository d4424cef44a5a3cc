"""Every call of the wire: what it sends and what it makes of the recorded answers."""

from __future__ import annotations

import pytest
from sora_web_wire import Reply, Seen

from sora_kit.backends.base import AccountUnfit, AuthExpired, InvalidRequest, QuotaExhausted, UpstreamBroken
from sora_kit.backends.sora_web import Credentials, File, Site, order
from sora_kit.backends.sora_web.account import Invite, Plan, Profile, Quota
from sora_kit.backends.sora_web.characters import Cameo
from sora_kit.backends.sora_web.posts import Post
from sora_kit.errors import InvalidInput
from sora_kit.language import parse

DRAFT = "gen_01k9btrqrnen792yvt703dp0tq"
POST = "s_690ce161c2488191a3476e9969911522"
BALANCE = {
    "estimated_num_videos_remaining": 27,
    "rate_limit_reached": False,
    "access_resets_in_seconds": 46833,
}


async def test_account(upstream, web) -> None:
    account = web().account
    upstream.on(
        "GET", "/backend/me", Reply({"email": "a@example.com", "name": "A Example", "username": None})
    )
    assert await account.me() == Profile("a@example.com", "A Example", "")
    assert upstream.last.headers["authorization"] == "Bearer at-1"
    assert upstream.last.headers["content-type"] == "application/json"

    plan = {"data": [{"plan": {"id": "chatgpt_pro", "title": "Pro"}, "end_ts": "2026-01-01T00:00:00Z"}]}
    upstream.on("GET", "/backend/billing/subscriptions", Reply(plan), Reply({"data": []}))
    found = await account.plan()
    assert found == Plan("chatgpt_pro", "Pro", 1767225600.0)
    assert found.pro
    assert await account.plan() == Plan()

    upstream.on("GET", "/backend/nf/check", Reply({"rate_limit_and_credit_balance": BALANCE}), Reply({}))
    assert await account.quota() == Quota(27, exhausted=False, resets_in=46833.0)
    with pytest.raises(UpstreamBroken):
        await account.quota()

    unauthorized = Reply({"error": {"message": "Unauthorized: a user is required"}}, 401)
    invite = Reply({"invite_code": "ABC123", "redeemed_count": 1, "total_count": 4})
    upstream.on("GET", "/backend/project_y/invite/mine", unauthorized, invite)
    upstream.on("GET", "/backend/m/bootstrap", Reply(b""))
    with pytest.raises(AccountUnfit) as caught:
        await account.invite()
    assert caught.value.code == "not_onboarded"
    await account.bootstrap()
    assert await account.invite() == Invite("ABC123", 1, 4)


async def test_names_and_invitations(upstream, web) -> None:
    account = web(device_id="0b0e8e5c-8f1d-4f7a-9d4e-0a2f6d0c1b2a").account
    upstream.on(
        "POST", "/backend/project_y/invite/accept", Reply({"success": False, "already_accepted": True})
    )
    assert await account.accept_invite("ABC123")
    assert upstream.last.json() == {"invite_code": "ABC123"}
    assert upstream.last.headers["cookie"] == "oai-did=0b0e8e5c-8f1d-4f7a-9d4e-0a2f6d0c1b2a"

    upstream.on("POST", "/backend/project_y/profile/username/check", Reply({"available": True}))
    upstream.on("POST", "/backend/project_y/profile/username/set", Reply({"username": "janedoe42"}))
    assert await account.username_free("janedoe42")
    assert await account.set_username("janedoe42") == "janedoe42"
    assert upstream.last.json() == {"username": "janedoe42"}


@pytest.mark.parametrize("on_disk", [False, True])
async def test_an_upload_keeps_name_type_and_bytes(upstream, web, tmp_path, on_disk: bool) -> None:
    data = bytes(range(256)) * 1000
    (tmp_path / "x").write_bytes(data)
    upstream.on("POST", "/backend/uploads", Reply({"id": "media_7"}))
    file = File("kitten.webp", "image/webp", tmp_path / "x" if on_disk else data)
    assert await web().images.upload(file) == "media_7"
    seen = upstream.last
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="kitten.webp"\r\nContent-Type: image/webp\r\n\r\n' + data in seen.body
    assert b'name="file_name"\r\n\r\nkitten.webp\r\n' in seen.body


async def test_pictures_page_by_page(upstream, web) -> None:
    upstream.on("POST", "/backend/video_gen", Reply({"id": "task_i"}))
    assert await web().images.create(order(parse("a cat", model="gpt-image"))) == "task_i"

    def page(seen: Seen) -> Reply:
        ids = {"limit=20": range(20), "limit=20&before=task_19": range(20, 25)}[seen.query]
        rows = [{"id": f"task_{i}", "status": "processing", "progress_pct": None} for i in ids]
        return Reply({"task_responses": rows})

    upstream.on("GET", "/backend/v2/recent_tasks", page)
    assert len(await web().images.recent()) == 20
    assert len(upstream.seen) == 2
    found = await web().images.recent(["task_22"])
    assert [task.id for task in found] == [f"task_{i}" for i in range(25)]
    assert len(upstream.seen) == 4


async def test_a_list_that_ignores_paging_is_read_twice_at_most(upstream, web) -> None:
    rows = [{"id": f"task_{i}", "status": "queued"} for i in range(20)]
    upstream.on("GET", "/backend/v2/recent_tasks", Reply({"task_responses": rows, "has_more": True}))
    assert len(await web().images.recent(["task_99"])) == 20
    assert len(upstream.seen) == 2


async def test_starting_videos(upstream, web) -> None:
    extra = {"openai-sentinel-token": "as the user wrote it", "Cookie": "a=b"}
    videos = web(device_id="d-1", write_headers=extra).videos
    for path in (
        "/nf/create",
        "/nf/create/storyboard",
        f"/project_y/profile/drafts/{DRAFT}/long_video_extension",
    ):
        upstream.on(
            "POST", f"/backend{path}", Reply({"id": "task_v", "rate_limit_and_credit_balance": BALANCE})
        )
    for words, model in [
        ("a cat", "sora2pro-hd-portrait-15s"),
        ("[5.0s]A [5.0s]B", "sora2-landscape-10s"),
        (f"as a dog {POST}", "sora2-landscape-10s"),
        (f"{DRAFT} on", "sora2-extension-10s"),
    ]:
        wanted = order(parse(words, model=model))
        made = await videos.create(wanted)
        assert made.task == "task_v"
        assert made.quota is not None
        assert made.quota.remaining == 27
        seen = upstream.last
        assert (seen.path, seen.json()) == (f"/backend{wanted.path}", wanted.body)
        assert seen.headers["openai-sentinel-token"] == "as the user wrote it"
        assert (seen.headers["cookie"], seen.headers["oai-device-id"]) == ("a=b", "d-1")
    upstream.on("GET", "/backend/nf/pending/v2", Reply([]))
    assert await videos.pending() == ()
    assert "openai-sentinel-token" not in upstream.last.headers


async def test_without_configuration_no_extra_header_is_sent(upstream, web) -> None:
    upstream.on("POST", "/backend/nf/create", Reply({"id": "task_v"}))
    await web().videos.create(order(parse("a cat")))
    wanted = {"host", "user-agent", "accept", "accept-encoding", "authorization"}
    assert set(upstream.last.headers) == wanted | {"content-type", "content-length"}


def drafts(ids: range) -> list[dict]:
    return [{"id": f"gen_{i}", "task_id": f"task_{i}", "created_at": 1000.0 - i} for i in ids]


def limited(total: int, cap: int = 10_000):
    """A list without a cursor, at most ``cap`` long."""

    def page(seen: Seen) -> Reply:
        limit = int(seen.query.removeprefix("limit="))
        return Reply({"items": drafts(range(min(limit, cap, total)))})

    return page


def paged(total: int):
    """A list with a cursor."""

    def page(seen: Seen) -> Reply:
        start = int(seen.query.partition("cursor=")[2] or 0)
        end = min(start + 15, total)
        return Reply({"items": drafts(range(start, end)), "cursor": str(end) if end < total else None})

    return page


@pytest.mark.parametrize("shape", ["limit", "cursor", "capped, then v2"])
async def test_a_draft_far_down_is_found(upstream, web, shape: str) -> None:
    first = {"limit": limited(400), "cursor": paged(400), "capped, then v2": limited(400, cap=15)}[shape]
    upstream.on("GET", "/backend/project_y/profile/drafts", first)
    if "v2" in shape:
        upstream.on("GET", "/backend/project_y/profile/drafts/v2", paged(400))
    videos = web().videos
    found = await videos.drafts(["task_100"])
    assert found.complete
    assert "task_100" in {draft.task for draft in found.items}
    assert (await videos.drafts(generations=["gen_100"])).complete
    assert len((await videos.drafts(["task_3"])).items) == 15
    by_age = await videos.drafts(["task_999"], since=1000.0 - 50)
    assert by_age.complete
    assert {f"task_{i}" for i in range(50)} <= {draft.task for draft in by_age.items}
    gone = await videos.drafts(["task_999"])
    assert gone.complete
    assert len({draft.task for draft in gone.items}) == 400


async def test_a_capped_list_says_that_it_was_not_read_to_its_end(upstream, web) -> None:
    upstream.on("GET", "/backend/project_y/profile/drafts", limited(400, cap=15))
    found = await web().videos.drafts(["task_100"])
    assert not found.complete
    assert len(found.items) == 15


async def test_a_cursor_that_turns_in_circles_ends(upstream, web) -> None:
    upstream.on(
        "GET", "/backend/project_y/profile/drafts", Reply({"items": drafts(range(15)), "cursor": "x"})
    )
    assert not (await web().videos.drafts(["task_100"])).complete
    assert len(upstream.seen) == 2


async def test_posts(upstream, web) -> None:
    posts = web().posts
    upstream.on("POST", "/backend/project_y/post", Reply({"post": {"id": POST}}))
    assert await posts.publish(DRAFT) == POST
    assert upstream.last.json() == {
        "attachments_to_create": [{"generation_id": DRAFT, "kind": "sora"}],
        "post_text": "",
    }
    shown = {"id": POST, "text": "t", "permalink": "p", "attachments": [{"generation_id": DRAFT}, {}]}
    upstream.on("GET", f"/backend/project_y/post/{POST}", Reply({"post": shown}))
    assert await posts.get(POST) == Post(POST, "t", "p", (DRAFT,))
    upstream.on("DELETE", f"/backend/project_y/post/{POST}", Reply(status=204), Reply())
    await posts.delete(POST)
    await posts.delete(POST)
    assert upstream.last.method == "DELETE"


async def test_characters(upstream, web) -> None:
    characters = web().characters
    upstream.on("POST", "/backend/characters/upload", Reply({"id": "cameo/1"}))
    assert await characters.from_video(File("me.mov", "video/quicktime", b"moov"), 0, 2.5) == "cameo/1"
    assert b'filename="me.mov"\r\nContent-Type: video/quicktime\r\n\r\nmoov' in upstream.last.body
    assert b'name="timestamps"\r\n\r\n0,2.5\r\n' in upstream.last.body

    upstream.on("POST", "/backend/characters/from-generation", Reply({"id": "cameo/1"}))
    assert await characters.from_generation(DRAFT) == "cameo/1"
    assert upstream.last.json() == {"generation_id": DRAFT, "character_id": None, "timestamps": [0, 3]}

    path = "/backend/project_y/cameos/in_progress/cameo%2F1"  # an id is never a path
    upstream.on(
        "GET",
        path,
        Reply({"status": "processing", "status_message": "Looking"}),
        Reply({"status": "processing", "status_message": "Completed", "username_hint": "a.b68"}),
        Reply({"status": "finalized", "profile_asset_url": "http://x/y.webp", "display_name_hint": "B"}),
        Reply({"status": "failed", "status_message": "No face"}),
    )
    states = [await characters.cameo("cameo/1") for _ in range(4)]
    assert states == [
        Cameo("running", "Looking", "Character", "character", "", "processing"),
        Cameo("ready", "Completed", "Character", "a.b68", "", "processing"),
        Cameo("ready", "finalized", "B", "character", "http://x/y.webp", "finalized"),
        Cameo("failed", "No face", "Character", "character", "", "failed"),
    ]
    upstream.on("POST", "/backend/project_y/file/upload", Reply({"asset_pointer": "sediment://file_1"}))
    picture = await characters.upload_picture(File("profile.webp", "image/webp", b"RIFF"))
    assert b'name="use_case"\r\n\r\nprofile\r\n' in upstream.last.body

    taken = Reply({"error": {"code": "username_taken", "message": "taken"}}, 409)
    made = Reply({"character": {"character_id": "ch_1"}})
    upstream.on("POST", "/backend/characters/finalize", taken, made)
    names = {"username": "b68123", "display_name": "B", "picture": picture}
    with pytest.raises(InvalidRequest):
        await characters.finalize("cameo/1", **names)
    assert await characters.finalize("cameo/1", **names) == "ch_1"
    assert upstream.last.json() == {
        "cameo_id": "cameo/1",
        "username": "b68123",
        "display_name": "B",
        "profile_asset_pointer": "sediment://file_1",
        "instruction_set": None,
        "safety_instruction_set": None,
    }
    visible = "/backend/project_y/cameos/by_id/cameo%2F1/update_v2"
    upstream.on("POST", visible, Reply(b""), Reply(status=204), Reply({"error": {"code": "token_expired"}}))
    await characters.set_visibility("cameo/1")
    assert upstream.last.json() == {"visibility": "public"}
    await characters.set_visibility("cameo/1")
    with pytest.raises(AuthExpired):
        await characters.set_visibility("cameo/1")
    upstream.on("DELETE", "/backend/project_y/characters/ch_1", Reply(status=204))
    await characters.delete("ch_1")


async def test_enhance(upstream, web) -> None:
    upstream.on("POST", "/backend/editor/enhance_prompt", Reply({"enhanced_prompt": "A long one"}), Reply({}))
    assert await web().prompts.enhance("one", "short", 15) == "A long one"
    assert upstream.last.json() == {"prompt": "one", "expansion_level": "short", "duration_s": 15}
    with pytest.raises(UpstreamBroken):
        await web().prompts.enhance("one")


async def test_success_that_is_none(upstream, web) -> None:
    balance = {"rate_limit_reached": True, "access_resets_in_seconds": 60}
    upstream.on(
        "POST",
        "/backend/nf/create",
        Reply({"type": "rate_limit_exhausted", "rate_limit_and_credit_balance": balance}),
        Reply({"id": None}),
        Reply([]),
        Reply(b"<html>"),
    )
    wanted = order(parse("a cat"))
    with pytest.raises(QuotaExhausted):
        await web().videos.create(wanted)
    for _ in range(3):
        with pytest.raises(UpstreamBroken) as caught:
            await web().videos.create(wanted)
        assert caught.value.sent
    for path, ask in [
        ("nf/pending/v2", web().videos.pending),
        ("project_y/profile/drafts", web().videos.drafts),
        ("v2/recent_tasks", web().images.recent),
        ("me", web().account.me),
        ("billing/subscriptions", web().account.plan),
    ]:
        upstream.on("GET", f"/backend/{path}", Reply("text"))
        with pytest.raises(UpstreamBroken):
            await ask()


@pytest.mark.parametrize("name", ["", "..", ".", "x" * 300, "\ud800"])
async def test_ids_that_are_none(upstream, web, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await web().posts.delete(name)
    assert not upstream.seen


async def test_what_cannot_be_sent(upstream, web) -> None:
    with pytest.raises(InvalidRequest):
        await web().prompts.enhance("\ud800")
    for token in ("", "a\r\nX: y", "é"):
        with pytest.raises(AuthExpired):
            await web(access_token=token).account.me()
    assert not upstream.seen


@pytest.mark.parametrize(
    "more",
    [
        {"write_headers": {"X": "a\r\nb"}},
        {"write_headers": {"X Y": "a"}},
        {"write_headers": {"X": 1}},
        {"write_headers": {"Authorization": "Bearer other"}},
        {"device_id": "a\nb"},
        {"proxy": "ftp://host"},
        {"proxy": "host:1080"},
        {"proxy": "http://user:geheim@"},
    ],
    ids=str,
)
def test_credentials_are_checked(more: dict) -> None:
    with pytest.raises(InvalidInput) as caught:
        Credentials("a", **more)
    assert "geheim" not in str(caught.value)


def test_secrets_are_in_no_repr() -> None:
    shown = repr(Credentials("a", "geheim", "http://u:geheim@h:1", "d", {"X": "geheim"}))
    assert "geheim" not in shown


def test_sites() -> None:
    assert Site.at() == Site.at("https://sora.chatgpt.com/backend/") == Site()
    assert Site.at("http://h:1/backend/") == Site(
        "http://h:1/backend", "http://h:1/api/auth/session", "http://h:1/oauth/token"
    )
    apart = Site.at("http://h:1/backend", token="http://other/t")
    assert (apart.session, apart.token) == ("http://h:1/api/auth/session", "http://other/t")
    for bad in ("h:1/backend", "ftp://h/x", "http://", "http://u:p@h/x", "http://h/x?y", "\0"):
        with pytest.raises(InvalidInput):
            Site.at(bad)
