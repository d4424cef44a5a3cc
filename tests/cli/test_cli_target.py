"""Where results are saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_kit.cli.target import Target, file_stem
from sora_kit.errors import InvalidInput
from sora_kit.language import Request, Shot

VIDEO = Request(kind="video", prompt="A kitten on a skateboard", model="sora2-landscape-10s")
PICTURE = Request(kind="image", prompt="A kitten", model="gpt-image")
TEXT = Request(kind="enhance", prompt="A kitten", model="prompt-enhance-short-10s")


@pytest.mark.parametrize(
    ("prompt", "stem"),
    [
        ("A kitten on a skateboard!", "a-kitten-on-a-skateboard"),
        ("  ../../etc/passwd ", "etc-passwd"),
        ("一只 小猫", "一只-小猫"),
        ("", "clip"),
        ("?!", "clip"),
        ("CON", "con-clip"),
        ("word " * 40, "word-word-word-word-word-word-word-word-word"),
        ("x" * 300, "x" * 48),
    ],
)
def test_names_are_readable_and_safe(prompt: str, stem: str) -> None:
    assert file_stem(prompt) == stem


def test_a_name_of_ours_never_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("a-kitten-on-a-skateboard.mp4", "a-kitten-on-a-skateboard-2.mp4"):
        path = Target.of(None, VIDEO).path()
        assert path.name == expected
        path.touch()


def test_a_name_of_the_users_replaces(tmp_path: Path) -> None:
    wanted = tmp_path / "out.mp4"
    wanted.touch()
    assert Target.of(wanted, VIDEO).path() == wanted


def test_a_folder_gets_a_readable_name(tmp_path: Path) -> None:
    assert Target.of(tmp_path, PICTURE).path() == tmp_path / "a-kitten.png"


def test_a_storyboard_is_named_after_its_shots(tmp_path: Path) -> None:
    shots = (Shot(5.0, "A cat jumps"), Shot(5.0, "It lands"))
    target = Target.of(tmp_path, VIDEO.with_(prompt="", shots=shots))
    assert target.path().name == "a-cat-jumps-it-lands.mp4"


def test_a_missing_suffix_is_added_and_a_wrong_one_refused(tmp_path: Path) -> None:
    assert Target.of(tmp_path / "out", PICTURE).path() == tmp_path / "out.png"
    with pytest.raises(InvalidInput, match=r"\.mp4") as caught:
        Target.of(tmp_path / "out.mov", VIDEO)
    assert "out.mp4" in caught.value.fix


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        Target.of(tmp_path / "nowhere" / "out.mp4", VIDEO)


def test_text_may_have_any_name(tmp_path: Path) -> None:
    target = Target.of(tmp_path / "prompt.md", TEXT)
    assert target.save_text("words").read_text("utf-8") == "words\n"
