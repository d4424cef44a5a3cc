"""Every kind of request, from its words to its file, against the stand-in."""

from __future__ import annotations

import time

import pytest
from PIL import Image
from sora_web_bench import Bench

from sora_kit.backends.base import InvalidRequest, Output, TransportFailed, UpstreamBroken
from sora_kit.backends.hosted import Done, Ended, Running
from sora_kit.media.probe import probe
from sora_kit.standins.sora_web import NewAccount


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "kitten.webp"
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


@pytest.mark.parametrize("way", ["landscape", "portrait"])
@pytest.mark.parametrize(
    ("family", "seconds"),
    [
        (f, s)
        for f in ("sora2", "sora2pro", "sora2pro-hd")
        for s in (10, 15, 25)
        if (f, s) != ("sora2pro-hd", 25)
    ],
)
@pytest.mark.parametrize("with_image", [False, True])
async def test_videos(bench: Bench, picture, way, family, seconds, with_image) -> None:
    model = f"{family}-{way}-{seconds}s"
    task = bench.task("a cat", model=model, image=picture if with_image else None)
    need = bench.backend.need(task.request)
    assert (need.feature, bool(need.plan)) == ("video", family != "sora2" or seconds == 25)
    made = await bench.make(task)
    seen = probe(made.path)
    assert (seen.width, seen.height, round(seen.seconds)) == (made.width, made.height, seconds)
    assert (made.width > made.height) == (way == "landscape")
    assert made.understood["upstream"]["generation"].startswith("gen_")
    [one] = bench.sent()
    assert seen.metadata["title"] == one.task == made.understood["upstream"]["task"]
    assert one.endpoint == "nf_create"
    uploads = bench.standin.accounts["pro@example.com"].uploads
    assert len(uploads) == with_image
    for kept in uploads.values():
        assert (kept.data, kept.mime) == (picture.read_bytes(), "image/webp")
        assert bench.body(one.task)["inpaint_items"] == [{"kind": "upload", "upload_id": kept.id}]


@pytest.mark.parametrize("model", ["gpt-image", "gpt-image-landscape", "gpt-image-portrait"])
@pytest.mark.parametrize("with_image", [False, True])
async def test_pictures(bench: Bench, picture, model, with_image) -> None:
    task = bench.task("{anime} a cat", model=model, image=picture if with_image else None)
    assert bench.backend.need(task.request).feature == "image"
    made = await bench.make(task)
    seen = probe(made.path)
    assert (seen.kind, seen.width, seen.height) == ("image", task.request.width, task.request.height)
    [one] = bench.sent("video_gen")
    assert seen.metadata["Title" if "Title" in seen.metadata else "title"] == one.task
    assert bench.body(one.task)["operation"] == ("remix" if with_image else "simple_compose")
    assert made.understood["upstream"]["task"] == one.task
    assert bench.calls("pending") == bench.calls("drafts") == 0


async def test_a_style_and_a_storyboard(bench: Bench, picture) -> None:
    task = bench.task(
        "{retro} In the rain [5.0s]A cat [5.0s]A dog", model="sora2-landscape-10s", image=picture
    )
    started, _ = await bench.begin(task)
    body = bench.body(started.task)
    assert [one.endpoint for one in bench.sent()] == ["storyboard"]
    assert body["style_id"] == "retro"
    assert body["prompt"].startswith("current timeline:\nShot 1:\nduration: 5.0sec\nScene: A cat")
    assert len(body["inpaint_items"]) == 1
    assert started.balance
    assert started.balance.remaining == 999
    assert (await bench.finish(task, started)).path


async def test_the_words_of_an_enhancement(bench: Bench) -> None:
    task = bench.task("a cat", model="prompt-enhance-long-15s")
    assert bench.backend.need(task.request).feature == "other"
    started, _ = await bench.begin(task)
    assert started.done
    made = await bench.backend.fetch(bench.login(), task, started.done, bench.folder)
    assert len(made.text) > len("a cat")
    assert made.path is None
    assert await bench.find(task) == []
    # Who lost it looks for it, and gets it anew.
    assert await bench.backend.look(bench.login(), {"tok": task}, 0) == {"tok": started.done}


async def test_a_lost_enhancement_may_be_asked_for_again(bench: Bench) -> None:
    task = bench.task("a cat", model="prompt-enhance-long-15s")
    for kind in ("cut_after_acceptance", "html_instead_of_json"):
        bench.standin.fault(kind, endpoint="enhance_prompt", nth=1)
        with pytest.raises((TransportFailed, UpstreamBroken)) as caught:
            await bench.begin(task)
        assert not caught.value.sent


async def test_remix_of_anybodys_post(bench: Bench) -> None:
    first = await bench.make(bench.task("a cat"), "plus")
    generation = first.understood["upstream"]["generation"]
    plus = bench.standin.accounts["plus@example.com"]
    post = bench.standin.world.publish(plus, bench.standin.world.draft(plus, generation), "").id
    task = bench.task(f"https://sora.chatgpt.com/p/{post} as a drawing")
    assert task.request.kind == "remix"
    made = await bench.make(task)
    assert bench.body(made.understood["upstream"]["task"])["remix_target_id"] == post
    assert post in bench.standin.world.posts  # it is not ours to take down
    assert bench.calls("post_create") == bench.calls("post_delete") == 0


async def test_remix_of_a_draft_of_ours(bench: Bench) -> None:
    first = await bench.make(bench.task("a cat"))
    task = bench.task("as a drawing", kind="remix", source=first)
    assert bench.backend.need(task.request).feature == "video"
    started, prepared = await bench.begin(task)
    [post] = bench.standin.world.posts
    assert prepared == {"post": post, "published": True}
    assert bench.body(started.task)["remix_target_id"] == post
    await bench.finish(task, started)
    for _ in range(2):  # tidying may be repeated
        await bench.backend.tidy(bench.login(), prepared)
        assert not bench.standin.world.posts


async def test_a_post_that_was_there_stays(bench: Bench) -> None:
    first = await bench.make(bench.task("a cat"))
    pro = bench.standin.accounts["pro@example.com"]
    draft = bench.standin.world.draft(pro, first.understood["upstream"]["generation"])
    post = bench.standin.world.publish(pro, draft, "mine").id
    made = await bench.make(bench.task("as a drawing", kind="remix", source=first))
    assert bench.body(made.understood["upstream"]["task"])["remix_target_id"] == post
    assert list(bench.standin.world.posts) == [post]


@pytest.mark.parametrize("fault", ["cut_after_acceptance", "truncated_body"])
async def test_a_post_that_we_were_not_told_of_is_taken_down(bench: Bench, fault) -> None:
    first = await bench.make(bench.task("a cat"))
    bench.standin.fault(fault, endpoint="post_create")
    await bench.make(bench.task("as a drawing", kind="remix", source=first))
    assert bench.calls("post_create") == 1
    assert not bench.standin.world.posts


async def test_publishing_may_be_repeated(bench: Bench) -> None:
    """A retry finds the post of its first attempt, and still knows that it is to be taken down."""
    first = await bench.make(bench.task("a cat"))
    task = bench.task("as a drawing", kind="remix", source=first)
    once = await bench.backend.prepare(bench.login(), task)
    again = await bench.backend.prepare(bench.login(), task)
    assert once == again
    assert again["published"]
    assert bench.calls("post_create") == 1
    await bench.backend.tidy(bench.login(), again)
    assert not bench.standin.world.posts


async def test_two_remixes_of_one_draft_at_once(bench: Bench) -> None:
    """Each has its own post, so that neither takes down what the other one needs."""
    first = await bench.make(bench.task("a cat"))
    tasks = [bench.task("as a drawing", kind="remix", source=first, seed=seed) for seed in (1, 2)]
    prepared = [await bench.backend.prepare(bench.login(), task) for task in tasks]
    assert prepared[0]["post"] != prepared[1]["post"]
    await bench.backend.tidy(bench.login(), prepared[0])
    assert list(bench.standin.world.posts) == [prepared[1]["post"]]


@pytest.mark.parametrize("seconds", [10, 15])
async def test_extension(bench: Bench, seconds) -> None:
    first = await bench.make(bench.task("a cat"))
    task = bench.task("it jumps", model=f"sora2-extension-{seconds}s", source=first)
    assert bench.backend.need(task.request).feature == "video"
    made = await bench.make(task)
    assert round(probe(made.path).seconds) == 10 + seconds
    [_, one] = bench.sent()
    assert (one.endpoint, one.prompt) == ("extension", "it jumps")


async def test_extension_by_another_account(bench: Bench) -> None:
    first = await bench.make(bench.task("a cat"))
    with pytest.raises(InvalidRequest) as caught:
        await bench.begin(bench.task("it jumps", model="sora2-extension-10s", source=first), "plus")
    assert caught.value.code == "not_found_upstream"


@pytest.mark.parametrize("kind", ["remix", "extend", "character"])
async def test_a_source_that_was_made_elsewhere(bench: Bench, kind) -> None:
    elsewhere = Output(understood={"upstream": {}})
    with pytest.raises(InvalidRequest):
        await bench.begin(bench.task("it jumps", kind=kind, source=elsewhere))
    assert not bench.sent()


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("origin", ["video", "generation"])
async def test_characters_and_a_video_with_them(bench: Bench, private, origin) -> None:
    clip = await bench.make(bench.task("a fox"))
    where = {"source": clip} if origin == "generation" else {"video": clip.path}
    task = bench.task("", kind="character", options={"private": private, "name": "@Red_Fox"}, **where)
    assert bench.backend.need(task.request).feature == "other"
    assert await bench.backend.find(bench.login(), task, "tok", 0.0) is None
    made = await bench.make(task)
    assert bench.calls("character_upload") == (origin == "video")
    assert bench.calls("character_from_generation") == (origin == "generation")
    assert probe(made.path).codec == "webp"
    said = made.understood["character"]
    [cameo] = bench.standin.accounts["pro@example.com"].cameos.values()
    assert (cameo.id, cameo.character, cameo.username, cameo.display_name) == (
        said["cameo_id"],
        said["character_id"],
        said["username"],
        said["display_name"],
    )
    assert said["username"] == "red_fox"
    assert cameo.visibility == ("private" if private else "public")
    assert made.understood["upstream"] == {"cameo": cameo.id, "character": cameo.character}
    # The portrait that was sent back is the one that came, bit for bit.
    kept = bench.standin.accounts["pro@example.com"].assets[cameo.asset]
    assert (kept.data, kept.mime) == (made.path.read_bytes(), "image/webp")

    started, _ = await bench.begin(bench.task("@red_fox runs through snow"))
    assert bench.body(started.task)["prompt"] == "@red_fox runs through snow"
    playing = bench.standin.accounts["pro@example.com"].tasks[started.task].cameos
    assert [one["username"] for one in playing] == ["red_fox"]


async def test_a_name_that_is_taken(bench: Bench) -> None:
    clip = await bench.make(bench.task("a fox"))
    named = [
        (await bench.make(bench.task("", kind="character", seed=n, options={"name": "fox"}, video=clip.path)))
        for n in range(3)
    ]
    names = [made.understood["character"]["username"] for made in named]
    assert names[0] == "fox"
    assert all(name.startswith("fox") and len(name) == 9 for name in names[1:])
    assert len(set(names)) == 3


@pytest.mark.parametrize("wanted", ["", "fox"])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("lost", ["character_finalize", "cameo_update"])
async def test_naming_may_be_repeated(bench: Bench, wanted, taken, lost) -> None:
    """A crash, or an answer that is lost, after the name was given: the repetition finds the same name."""
    clip = await bench.make(bench.task("a fox"))
    if taken:
        bench.standin.world.add(NewAccount("fox@example.com", username="fox"))
    task = bench.task("", kind="character", options={"name": wanted}, video=clip.path)
    started, _ = await bench.begin(task)
    number = 2 if taken and wanted and lost == "character_finalize" else 1
    bench.standin.fault("cut_after_acceptance", endpoint=lost, nth=number)
    with pytest.raises(TransportFailed):
        await bench.finish(task, started)
    cameo = bench.standin.accounts["pro@example.com"].cameos[started.task]
    given = cameo.username
    assert given
    again = (await bench.finish(task, started)).understood["character"]
    assert (again["username"], cameo.username, cameo.visibility) == (given, given, "public")
    assert (given == "fox") == (wanted == "fox" and not taken)


async def test_a_character_that_cannot_be_made(bench: Bench) -> None:
    clip = await bench.make(bench.task("a fox"))
    task = bench.task("", kind="character", video=clip.path)
    bench.standin.fault("cameo_failed")
    started, _ = await bench.begin(task)
    assert isinstance(
        (await bench.backend.look(bench.login(), {started.task: task}, 0))[started.task], Running
    )
    bench.standin.clock.advance(20)
    ended = (await bench.backend.look(bench.login(), {started.task: task}, 0))[started.task]
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, InvalidRequest)


async def test_the_part_of_a_clip_that_shows_the_character(bench: Bench) -> None:
    clip = await bench.make(bench.task("a fox"))
    for span in [(3, 1), (-1, 2), "ab", (1,), (0, float("inf"))]:
        with pytest.raises(InvalidRequest):
            await bench.begin(bench.task("", kind="character", video=clip.path, options={"span": span}))
    assert bench.calls("character_upload") == 0
    started, _ = await bench.begin(
        bench.task("", kind="character", video=clip.path, options={"span": [1.5, 4]})
    )
    assert started.task


async def test_a_link_that_has_expired(bench: Bench) -> None:
    task = bench.task("a cat")
    started, _ = await bench.begin(task)
    bench.standin.clock.advance(20)
    done = (await bench.backend.look(bench.login(), {started.task: task}, time.time()))[started.task]
    assert isinstance(done, Done)
    bench.standin.clock.advance(4 * 86_400)
    with pytest.raises(UpstreamBroken) as caught:
        await bench.backend.fetch(bench.login(), task, done, bench.folder)
    assert caught.value.code == "media_url_expired"
    assert (await bench.finish(task, started)).path  # another look gives a fresh one


async def test_a_task_cannot_be_stopped(bench: Bench) -> None:
    started, _ = await bench.begin(bench.task("a cat"))
    assert await bench.backend.cancel(bench.login(), started.task) is False
