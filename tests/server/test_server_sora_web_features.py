"""Every feature of the gateway that this one replaces, over HTTP, made on the stand-in of its upstream.

The rows below are all sent at the same time; each test then looks at what became of its row: what
reached the stand-in, and that the file which came back is the stand-in's own, byte for byte.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from sora_web_gateway import PICTURE, Answer, Bench, Route, Row, data_url
from sora_web_studio import sora_web_studio

from sora_kit.language import enhance
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]

PRO = [f"pro{n}@example.com" for n in range(4)]
PLUS = [f"plus{n}@example.com" for n in range(4)]
STYLES = (
    *("festive", "kakalaka", "news", "selfie", "handheld", "golden", "anime", "retro", "nostalgic", "comic"),
)


def films() -> Iterator[Row]:
    """Text and picture to video, in all models, and the styles."""
    wire = {"sora2": ("sy_8", "small"), "sora2pro": ("sy_ore", "small"), "sora2pro-hd": ("sy_ore", "large")}
    for family, (model, size) in wire.items():
        for shape in ("landscape", "portrait"):
            for seconds in (10, 15) if family == "sora2pro-hd" else (10, 15, 25):
                pro = "chatgpt_pro" if family != "sora2" or seconds == 25 else ""
                reaches = {"model": model, "size": size, "orientation": shape, "n_frames": seconds * 30}
                reaches |= {"kind": "video", "style_id": None}
                name = f"{family}-{shape}-{seconds}s"
                yield Row(name, "stream", reaches | {"inpaint_items": []}, plan=pro)
                route: Route = "chat" if shape == "landscape" else "videos"
                yield Row(name, route, reaches, picture=True, plan=pro)
    for number, style in enumerate(STYLES):
        yield Row(
            "sora2-landscape-10s",
            ("stream", "chat", "videos")[number % 3],  # type: ignore[arg-type]
            {"style_id": style, "model": "sy_8", "n_frames": 300},
            words=f"{{{style}}}",
        )
    board = "[5.0s]A cat jumps [3.5s]It lands [6.5s]"
    reaches = {"title": "Draft your video", "n_frames": 450, "orientation": "portrait", "storyboard_id": None}
    yield Row("sora2-portrait-15s", "stream", reaches | {"model": "sy_8"}, "storyboard", words=board)
    reaches |= {"model": "sy_ore", "size": "large", "style_id": "anime"}
    plan = "chatgpt_pro"
    yield Row("sora2pro-hd-portrait-15s", "videos", reaches, "storyboard", f"{{anime}} {board}", plan=plan)


def pictures() -> Iterator[Row]:
    """Text and picture to picture."""
    sizes = {"gpt-image": (360, 360), "gpt-image-landscape": (540, 360), "gpt-image-portrait": (360, 540)}
    for model, (width, height) in sizes.items():
        reaches = {"type": "image_gen", "width": width, "height": height, "n_variants": 1, "n_frames": 1}
        plain = reaches | {"operation": "simple_compose", "inpaint_items": []}
        for route in ("stream", "images"):
            yield Row(model, route, plain, "video_gen")
        yield Row(model, "chat", reaches | {"operation": "remix"}, "video_gen", picture=True)


ROWS = [*films(), *pictures()]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    accounts = [NewAccount(email, plan="chatgpt_pro", quota=1000) for email in PRO]
    accounts += [NewAccount(email, quota=1000) for email in PLUS]
    with ExitStack() as stack:
        standin = stack.enter_context(SoraWebStandin(accounts, latency=Latency(0.2, 0.8, 0.2), concurrency=6))
        folder = tmp_path_factory.mktemp("features") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin, video_seconds=120))
        for account in standin.accounts.values():
            studio.accounts.add("sora_web", access_token=account.access_token, video_cap=6, image_cap=4)
        server = studio.serve(port=0)
        assert server.new_key is not None
        yield Bench(studio, standin, server.url, server.new_key)


@pytest.fixture(scope="module")
def made(bench: Bench) -> dict[Row, Answer]:
    """The answers of all rows, asked at the same time."""
    asked = [lambda http, row=row: bench.row(http, row) for row in ROWS]
    return dict(zip(ROWS, bench.together(*asked), strict=True))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_model_reaches_the_upstream_as_it_is_and_its_file_comes_back(
    bench: Bench, made: dict[Row, Answer], row: Row
):
    account, task = bench.task(row.mark)
    assert task.body.items() >= row.reaches.items()
    assert bench.endpoint(task) == row.endpoint
    if row.plan:
        assert account.plan == row.plan
    if row.picture:
        (item,) = task.body["inpaint_items"]
        upload = account.uploads[item.get("upload_id") or item["upload_media_id"]]
        assert (upload.data, upload.mime) == (PICTURE, "image/jpeg")
    answer = made[row]
    assert answer.file == bench.served(task)
    assert ("{" in task.prompt) == (row.words.startswith("{") and row.endpoint == "video_gen")
    if row.route == "stream":
        assert any(re.search(r"\d+%", thought) for thought in answer.thoughts)
    if row.route == "videos":
        assert (answer.video["status"], answer.video["progress"]) == ("completed", 100)


def test_a_storyboard_reaches_the_upstream_in_its_own_form(bench: Bench, made: dict[Row, Answer]):
    for row in (row for row in ROWS if row.endpoint == "storyboard"):
        _, task = bench.task(row.mark)
        assert task.prompt == (
            "Shot 1:\nduration: 5.0sec\nScene: A cat jumps\n\n"
            "Shot 2:\nduration: 3.5sec\nScene: It lands\n\n"
            f"Shot 3:\nduration: 6.5sec\nScene: A {row.mark} runs"
        )


def test_nothing_was_bought_twice_and_no_account_suffered(bench: Bench, made: dict[Row, Answer]):
    assert bench.standin.stats()["duplicate_submissions"] == 0
    for account in bench.studio.accounts.list(backend="sora_web"):
        assert (account.state, account.errors, account.enabled) == ("ready", 0, True), account.last_error


@pytest.mark.parametrize("stream", [False, True])
def test_prompts_are_enhanced_in_three_levels_and_lengths(bench: Bench, stream: bool):
    models = [(level, seconds) for level in ("short", "medium", "long") for seconds in (10, 15, 20)]
    names = [f"prompt-enhance-{level}-{seconds}s" for level, seconds in models]
    asked = [
        lambda http, name=name: bench.chat(http, name, "a cat on a roof", stream=stream) for name in names
    ]
    for (level, seconds), answer in zip(models, bench.together(*asked), strict=True):
        assert answer.text == enhance("a cat on a roof", level, seconds)


class Sources:
    """Videos that other tests start from."""

    def __init__(self, bench: Bench) -> None:
        self.elsewhere = bench.ordered_elsewhere(PLUS[2], "A tree in the wind")
        self.post = bench.standin.world.publish(
            bench.standin.accounts[PLUS[2]], self.elsewhere, "A tree in the wind"
        ).id
        (answer,) = bench.together(
            lambda http: bench.video(
                http, "/v1/videos", {"model": "sora2pro-portrait-15s", "prompt": "Our own dog"}
            )
        )
        self.video = answer.video
        self.account, self.own = bench.task("Our own dog")


@pytest.fixture(scope="module")
def sources(bench: Bench) -> Sources:
    return Sources(bench)


def test_a_remix_by_share_link_by_id_by_field_and_of_ones_own(bench: Bench, sources: Sources):
    post, own = sources.post, sources.video["id"]
    link = f"https://sora.chatgpt.com/p/{post}"
    (by_link, by_id, by_field, on_videos, ours) = bench.together(
        lambda http: bench.chat(http, "sora2-landscape-10s", f"{link} in autumn", stream=True),
        lambda http: bench.chat(http, "sora2pro-portrait-25s", f"{{retro}} in winter {post}", stream=False),
        lambda http: bench.chat(http, "sora2-portrait-15s", "in spring", stream=True, remix_target_id=post),
        lambda http: bench.video(
            http, "/v1/videos", {"model": "sora2-landscape-10s", "prompt": f"in summer {link}"}
        ),
        lambda http: bench.video(http, f"/v1/videos/{own}/remix", {"prompt": "the dog at night"}),
    )
    expected = {
        "in autumn": (by_link, {"model": "sy_8", "orientation": "landscape", "n_frames": 300}),
        "in winter": (by_id, {"model": "sy_ore", "n_frames": 750, "style_id": "retro"}),
        "in spring": (by_field, {"model": "sy_8", "orientation": "portrait", "n_frames": 450}),
        "in summer": (on_videos, {"model": "sy_8", "n_frames": 300}),
    }
    for words, (answer, reaches) in expected.items():
        _, task = bench.task(words)
        assert task.prompt == words
        wanted = reaches | {"remix_target_id": post, "inpaint_items": [], "cameo_ids": []}
        assert task.body.items() >= (wanted | {"cameo_replacements": {}}).items()
        assert "size" not in task.body
        assert answer.file == bench.served(task)
    # a remix of a clip that was made here: published for it, and taken down again
    account, task = bench.task("the dog at night")
    assert account is sources.account
    assert task.body["remix_target_id"].startswith("s_")
    assert task.body["remix_target_id"] not in bench.standin.world.posts
    assert (task.body["model"], task.body["n_frames"]) == ("sy_ore", 450)
    assert ours.file == bench.served(task)
    assert ours.video["remixed_from_video_id"] == own


@pytest.mark.parametrize("seconds", [10, 15])
def test_an_extension_is_made_by_the_account_that_owns_the_video(
    bench: Bench, sources: Sources, seconds: int
):
    model, stream = f"sora2-extension-{seconds}s", seconds == 10
    (ours, foreign) = bench.together(
        lambda http: bench.chat(
            http, model, f"{sources.own.generation} the dog goes on {seconds}", stream=stream
        ),
        lambda http: bench.chat(
            http, model, f"the tree goes on {seconds} {sources.elsewhere.generation}", stream=not stream
        ),
    )
    for words, answer, owner, before in (
        (f"the dog goes on {seconds}", ours, sources.account.email, sources.own),
        (f"the tree goes on {seconds}", foreign, PLUS[2], sources.elsewhere),
    ):
        account, task = bench.task(words)
        assert account.email == owner
        assert bench.endpoint(task) == "extension"
        reaches = {"user_prompt": words, "extension_duration_s": seconds, "enable_rewrite": True}
        assert task.body.items() >= reaches.items()
        assert task.seconds == before.seconds + seconds
        assert answer.file == bench.served(task)


def test_a_video_is_extended_by_its_id_here(bench: Bench, sources: Sources):
    body = {"model": "sora2-extension-10s", "prompt": "and on", "remix_target_id": sources.video["id"]}
    (answer,) = bench.together(lambda http: bench.video(http, "/v1/videos", body))
    account, task = bench.task("and on")
    assert account is sources.account
    assert answer.file == bench.served(task)
    assert float(answer.video["seconds"]) == pytest.approx(25, abs=0.2)


def card_of(answer: Answer) -> dict[str, Any]:
    """The card in the answer of a character."""
    found = json.loads(answer.text.splitlines()[0])
    assert found["event"] == "character_card"
    return dict(found["card"])


def test_a_character_from_a_video_and_from_a_generation(bench: Bench, sources: Sources):
    clip = bench.served(sources.own)
    shown = [{"type": "video_url", "video_url": {"url": data_url(clip, "video/mp4")}}]
    (from_clip, of_ours, foreign) = bench.together(
        lambda http: bench.chat(http, "avatar-create", shown, stream=True),  # type: ignore[arg-type]
        lambda http: bench.chat(http, "avatar-create", f"from {sources.own.generation}", stream=False),
        lambda http: bench.chat(http, "avatar-create", sources.elsewhere.generation, stream=True),
    )
    known = bench.standin.world.characters()
    for answer, owner, generation in (
        (from_clip, "", None),
        (of_ours, sources.account.email, sources.own.generation),
        (foreign, PLUS[2], sources.elsewhere.generation),
    ):
        card = card_of(answer)
        cameo = known[card["username"]]
        assert (cameo.character, cameo.id) == (card["character_id"], card["cameo_id"])
        assert cameo.display_name == card["display_name"]
        assert cameo.visibility == "public"
        assert card["public"] is True
        assert card.get("source_generation_id") == generation
        assert f"@{card['username']}" in answer.text
        holder = next(a.email for a in bench.standin.accounts.values() if cameo.id in a.cameos)
        assert not owner or holder == owner
        portrait = httpx.get(card["profile_asset_url"], trust_env=False)
        assert portrait.headers["content-type"] == "image/webp"
        upstream = httpx.get(bench.standin.world.files.profile(cameo.id, time.time()), trust_env=False)
        assert portrait.content == upstream.content
        assert bench.standin.accounts[holder].assets[cameo.asset].data == upstream.content


def test_a_character_is_mentioned_in_a_prompt(bench: Bench, sources: Sources):
    (answer,) = bench.together(
        lambda http: bench.chat(
            http, "avatar-create", sources.own.generation, stream=False, username="mona", display_name="Mona"
        )
    )
    assert card_of(answer)["username"] == "mona"
    (video,) = bench.together(
        lambda http: bench.chat(http, "sora2-landscape-10s", "@mona waves from a hill", stream=True)
    )
    _, task = bench.task("waves from a hill")
    assert task.prompt == "@mona waves from a hill"
    assert [one["username"] for one in task.cameos] == ["mona"]
    assert video.file == bench.served(task)


@pytest.mark.parametrize("stream", [False, True])
def test_a_character_and_its_video_in_one_call(bench: Bench, sources: Sources, stream: bool):
    words = f"sails away {'slowly' if stream else 'fast'}"
    url = data_url(bench.served(sources.elsewhere), "video/mp4")
    content: Any = [{"type": "video_url", "video_url": {"url": url}}, {"type": "text", "text": words}]
    (answer,) = bench.together(lambda http: bench.chat(http, "sora2-landscape-15s", content, stream=stream))
    _, task = bench.task(words)
    (cameo,) = task.cameos
    assert task.prompt == f"@{cameo['username']} {words}"
    assert task.body["n_frames"] == 450
    assert answer.file == bench.served(task)
