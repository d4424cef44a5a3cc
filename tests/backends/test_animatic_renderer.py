"""The animatic as a backend: files, exact lengths, labels, progress, cancelling, remix and extension."""

from __future__ import annotations

import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from sora_kit import backends
from sora_kit.backends.animatic.reel import cut, reel, takes_from_json, to_json
from sora_kit.backends.base import Cancelled, InvalidRequest, Output, Renderer, Task
from sora_kit.errors import InvalidInput
from sora_kit.language import Request, Scene, Subject, parse

SMALL = {"width": 320, "height": 180}


def video(prompt: str, seconds: float = 1.0, **more) -> Request:
    return Request("video", prompt, "sora2-landscape-10s", seconds=seconds, **(SMALL | more))


def render(request: Request, folder: Path, seed: int = 1, **more) -> tuple[Output, list[tuple[float, str]]]:
    told: list[tuple[float, str]] = []
    backend = backends.get("animatic")
    out = backend.render(Task(request, seed, **more), folder, lambda p, s: told.append((p, s)), lambda: False)
    return out, told


def frames(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def test_the_registry_knows_it():
    assert "animatic" in backends.names()
    backend = backends.get("animatic")
    assert isinstance(backend, Renderer)
    assert backend.capabilities.preview
    with pytest.raises(InvalidInput, match="animatic"):
        backends.get("nothing")


def test_a_video_has_picture_sound_and_an_honest_label(tmp_path: Path):
    out, told = render(video("a cat in a meadow", 1.5), tmp_path, seed=77)
    assert out.path is not None
    assert (out.width, out.height, out.seconds) == (320, 180, 1.5)
    assert [p.name for p in tmp_path.iterdir()] == [out.path.name]
    with av.open(str(out.path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.width, picture.height, picture.frames, picture.average_rate) == (320, 180, 36, 24)
        comment = container.metadata["comment"]
        samples = np.concatenate([f.to_ndarray() for f in container.decode(sound)], axis=1)
    assert "Animatic preview" in comment
    assert "not footage" in comment
    assert "a cat in a meadow" in comment
    assert "77" in comment
    assert 0.003 < np.abs(samples).max() < 0.6
    progress = [p for p, _ in told]
    assert progress == sorted(progress)
    assert progress[0] >= 0
    assert progress[-1] == 100
    assert len(progress) > 36


def test_the_picture_itself_says_animatic(tmp_path: Path):
    from sora_kit.backends.animatic.compose import ShotPainter
    from sora_kit.backends.animatic.styles import look

    request = video("a cat in a meadow", 0.5)
    out, _ = render(request, tmp_path)
    take = reel(Task(request, 1), 24)[0]
    bare = ShotPainter(take, 320, 180, look(None)).draw(0.0)[..., :3]
    differs = np.abs(frames(out.path)[0].astype(int) - bare).max(axis=2) > 60
    assert differs.sum() > 100  # the badge and the rest of the display


def test_storyboards_are_exact_to_the_frame(tmp_path: Path):
    request = parse("[2.5s]A cat in a meadow [3.5s]The cat runs in a forest [4.0s]It sleeps in a room")
    takes = reel(Task(request, 1), 24)
    assert [take.frames for take in takes] == [60, 84, 96]
    odd = cut([Scene("", 1 / 3) for _ in range(30)], 1, 24)
    assert sum(take.frames for take in odd) == 240
    out, told = render(parse("[0.5s]a cat in a meadow [0.7s]a forest [0.4s]the sea").with_(**SMALL), tmp_path)
    assert len(frames(out.path)) == round(1.6 * 24)
    assert any("Shot 2 of 3" in stage for _, stage in told)
    assert [scene["setting"] for scene in out.understood["scenes"]] == ["meadow", "forest", "ocean"]


def test_the_same_seed_gives_the_same_film(tmp_path: Path):
    request = video("a dog in a forest", 0.5)
    films = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        folder = tmp_path / name
        folder.mkdir()
        films.append(render(request, folder, seed)[0].path)
    assert films[0].read_bytes() == films[1].read_bytes()
    assert np.abs(frames(films[0]).astype(int) - frames(films[2])).mean() > 2


def test_cancelling_is_quick_and_leaves_nothing(tmp_path: Path):
    state = {"frames": 0, "at": 0.0}

    def report(_progress: float, _stage: str) -> None:
        state["frames"] += 1

    def stop() -> bool:
        if state["frames"] > 8 and not state["at"]:
            state["at"] = time.perf_counter()
        return bool(state["at"])

    task = Task(video("a cat in a meadow", 20), 1)
    with pytest.raises(Cancelled):
        backends.get("animatic").render(task, tmp_path, report, stop)
    assert time.perf_counter() - state["at"] < 0.5
    assert not list(tmp_path.iterdir())


def test_a_report_that_raises_leaves_nothing_either(tmp_path: Path):
    def report(progress: float, _stage: str) -> None:
        if progress > 30:
            raise Cancelled

    task = Task(video("a cat in a meadow", 1), 1)
    with pytest.raises(Cancelled):
        backends.get("animatic").render(task, tmp_path, report, lambda: False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(360, 360), (540, 360), (360, 540), (333, 251)])
def test_images_have_exactly_the_size_asked_for(size: tuple[int, int], tmp_path: Path):
    request = Request("image", "a dog in a forest", "m", width=size[0], height=size[1])
    out, told = render(request, tmp_path)
    with Image.open(out.path) as picture:
        assert picture.size == size
        assert "Animatic preview" in picture.text["Comment"]
    assert told[-1][0] == 100


def test_an_image_with_a_reference_is_that_picture(tmp_path: Path):
    rng = np.random.default_rng(1)
    source = np.kron(rng.integers(0, 255, (4, 4, 3), np.uint8), np.ones((90, 90, 1), np.uint8))
    Image.fromarray(source).save(tmp_path / "source.png")
    folder = tmp_path / "out"
    folder.mkdir()
    request = Request("image", "in the style of a comic", "m", width=180, height=180)
    out, _ = render(request, folder, image=tmp_path / "source.png")
    made = np.asarray(Image.open(out.path).convert("RGB"), int)
    assert np.corrcoef(made.ravel(), source[::2, ::2].astype(int).ravel())[0, 1] > 0.85


def test_image_to_video_begins_with_the_picture(tmp_path: Path):
    y, x = np.mgrid[0:180, 0:320]
    source = np.dstack((x * 255 // 320, y * 255 // 180, 128 + 0 * x)).astype(np.uint8)
    Image.fromarray(source).save(tmp_path / "source.png")
    folder = tmp_path / "out"
    folder.mkdir()
    out, _ = render(video("it comes alive", 1.0), folder, image=tmp_path / "source.png")
    first, *_, last = frames(out.path)
    middle = np.s_[40:120, 60:260]  # between the bands of the display
    assert np.abs(first[middle].astype(int) - source[middle]).mean() < 6
    assert np.abs(last[middle].astype(int) - first[middle]).mean() > 0.3


def test_remix_changes_what_is_said_and_keeps_the_rest(tmp_path: Path):
    source = video("a red car in the desert at day", 0.5)
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    first, _ = render(source, folders[0], seed=3)
    wish = Request("remix", "make it night", "m", seconds=0.5, **SMALL)
    second, _ = render(wish, folders[1], seed=9, options={"source_understood": first.understood})
    scene = second.understood["scenes"][0]
    assert (scene["setting"], scene["time"]) == ("desert", "night")
    assert scene["subjects"][0]["noun"] == "car"
    assert second.understood["scenes"][0]["seed"] == first.understood["scenes"][0]["seed"]
    assert frames(second.path).mean() < frames(first.path).mean() - 20
    third, _ = render(wish, folders[2], seed=9, options={"source_request": source.with_(seed=3).to_json()})
    assert third.understood["scenes"][0]["time"] == "night"


@pytest.mark.parametrize(
    ("wish", "nouns"),
    [
        ("make the cat blue", ["cat"]),
        ("add a dog", ["cat", "dog"]),
        ("replace the cat with a dog", ["dog"]),
        ("in the rain", ["cat"]),
    ],
)
def test_remix_recasts_as_asked(wish: str, nouns: list[str]):
    source = to_json(reel(Task(video("a cat in a meadow"), 1), 24), 1)
    task = Task(Request("remix", wish, "m", seconds=1.0), 2, options={"source_understood": source})
    (take,) = reel(task, 24)
    assert sorted(subject.noun for subject in take.scene.subjects) == nouns
    assert take.scene.setting == "meadow"


def test_extension_goes_on_where_the_source_ended(tmp_path: Path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first, _ = render(video("a sailboat on the ocean", 1.0), folders[0], seed=3)
    wish = Request("extend", "", "m", seconds=0.5, **SMALL)
    second, _ = render(wish, folders[1], seed=9, options={"source_understood": first.understood})
    assert len(frames(second.path)) == 12
    last, then = frames(first.path)[-1].astype(int), frames(second.path)[0].astype(int)
    middle = np.s_[40:120, :]
    assert np.abs(last[middle] - then[middle]).mean() < 8
    assert second.understood["scenes"][0]["begin"] == 1.0


def test_extension_of_a_foreign_clip_starts_on_its_last_frame(tmp_path: Path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first, _ = render(video("a sailboat on the ocean", 0.5), folders[0], seed=3)
    wish = Request("extend", "it sails on", "m", seconds=0.5, **SMALL)
    second, _ = render(wish, folders[1], video=first.path)
    last, then = frames(first.path)[-1].astype(int), frames(second.path)[0].astype(int)
    assert np.abs(last[40:120] - then[40:120]).mean() < 8


def test_what_was_understood_survives_json():
    scenes = [
        Scene(
            "a",
            1.5,
            setting="snow",
            subjects=(Subject("cat", "kitten", "#ff0000", 2),),
            said=frozenset({"setting"}),
        ),
        Scene("b", 2.0, time="night", unread=("quarterly",)),
    ]
    takes = cut(scenes, 5, 24)
    assert takes_from_json(to_json(takes, 5), 24) == takes


def test_enhance_writes_text(tmp_path: Path):
    request = Request("enhance", "a cat in the rain", "m", seconds=10, level="short")
    out, told = render(request, tmp_path)
    assert len(out.text) > 100
    assert out.path is None
    assert told[-1][0] == 100


def test_what_it_cannot_do_it_says(tmp_path: Path):
    with pytest.raises(InvalidRequest):
        render(Request("character", "", "m"), tmp_path)
    with pytest.raises(InvalidRequest, match="pixels"):
        render(video("a cat", width=0, height=0), tmp_path)
