"""Other people's words in files for other programs: they stay words there, too."""

from __future__ import annotations

import json
import re

import pytest

from sora_kit import Storyboard
from sora_kit.language.interchange import from_csv, to_csv, to_otio, to_vtt

HOSTILE = [
    "<script>alert(1)</script>",
    "<c.red><v Bob>bold</v> &amp; <i>",
    "00:00:00.000 --> 99:59:59.000 line:0",
    "one\n\nNOTE hidden\n\nSTYLE\n::cue { color: red }",
    "WEBVTT\r\rREGION",
    '"}], "effects": [{"OTIO_SCHEMA": "Effect.1"}], "x": [{"',
    "\\u0022\\n </script> \u2028 \x00 \x85 end",
    '=cmd|"/c calc"!A1,"quoted ""twice""\n;\t|',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_vtt_holds_one_cue_a_shot_whatever_is_said(text: str) -> None:
    board = Storyboard(text).shot(5.0, text).shot(3.0, text)
    head, note, *cues = to_vtt(board).removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    assert re.fullmatch(r"NOTE\n[^\n\r]+", note)
    assert len(cues) == 2
    for number, cue in enumerate(cues, 1):
        count, times, *words = cue.split("\n")
        assert count == str(number)
        assert re.fullmatch(r"[\d:.]+ --> [\d:.]+", times)
        assert len(words) == 1
        assert not re.search(r"[<>\r\0]", words[0]), words


@pytest.mark.parametrize("text", HOSTILE)
def test_otio_holds_the_words_and_nothing_else(text: str) -> None:
    board = Storyboard(text).shot(5.0, text).shot(3.0, text)
    plain = Storyboard("Plain").shot(5.0, "plain").shot(3.0, "plain")
    assert shape(json.loads(to_otio(board, name=text))) == shape(json.loads(to_otio(plain, name="plain")))
    assert json.dumps(board.shots[0].text)[1:-1] in json.dumps(json.loads(to_otio(board, name=text)))


def shape(value: object) -> object:
    """A tree without its texts and numbers."""
    if isinstance(value, dict):
        return {key: shape(one) if key != "OTIO_SCHEMA" else one for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_reads_back_what_was_written(text: str) -> None:
    board = Storyboard("").shot(5.0, text).shot(3.0, text)
    assert [shot.text for shot in from_csv(to_csv(board))] == [shot.text for shot in board]
