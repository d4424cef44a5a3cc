"""Stars and tags of clips, and a job made again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from many_clips import fill

from sora_kit import Studio
from sora_kit.errors import InvalidInput, NotFound


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here needs a job to run."""
    with Studio(workspace, role="client") as opened:
        fill(opened, 4)
        yield opened


def test_a_star_and_tags_are_kept_and_found(studio: Studio):
    newest, second, *_ = studio.clips()
    assert (newest.favourite, newest.tags) == (False, ())
    assert studio.mark(newest, favourite=True).favourite
    marked = studio.mark(second.id, tags=["Campaign", "#to  show", "campaign"])
    assert marked.tags == ("campaign", "to show")
    assert not marked.favourite
    assert [clip.id for clip in studio.clips(favourite=True)] == [newest.id]
    assert [clip.id for clip in studio.clips(tag="to show")] == [second.id]
    assert studio.clips(tag="show") == []  # a whole tag, not a part of one
    assert [clip.id for clip in studio.clips(search="Campaign")] == [second.id]
    assert studio.clips_table.tags() == {"campaign": 1, "to show": 1}
    assert studio.mark(second, tags=[]).tags == ()
    assert studio.clips_table.tags() == {}


def test_tags_in_other_scripts_are_found(studio: Studio):
    clip = studio.clips()[0]
    studio.mark(clip, tags=["котёнок", "50%_off"])
    for tag in ("котёнок", "50%_off"):
        assert [one.id for one in studio.clips(tag=tag)] == [clip.id]
    assert studio.clips(tag="50ab_off") == []
    assert [one.id for one in studio.clips(search="КОТЁ")] == [clip.id]
    earlier = sa.text("update clip set tags = :tags where id = :id")
    with studio.workspace.database.write() as connection:  # as earlier versions wrote them
        connection.execute(earlier, {"tags": json.dumps(["котёнок"]), "id": clip.id})
    assert [one.id for one in studio.clips(tag="котёнок")] == [clip.id]
    assert [one.id for one in studio.clips(search="КОТЁ")] == [clip.id]


@pytest.mark.parametrize("tag", ["", "  ", "a,b", 'say "hi"', "back\\slash", "x" * 41, "two\x00"])
def test_what_cannot_be_a_tag(studio: Studio, tag: str):
    clip = studio.clips()[0]
    studio.mark(clip, tags=["kept"])
    with pytest.raises(InvalidInput) as caught:
        studio.mark(clip, tags=["good", tag])
    assert caught.value.fix
    assert studio.clip(clip.id).tags == ("kept",)


def test_too_many_tags_a_text_and_an_unknown_clip(studio: Studio):
    clip = studio.clips()[0]
    with pytest.raises(InvalidInput, match="too many"):
        studio.mark(clip, tags=[f"tag {n}" for n in range(21)])
    with pytest.raises(TypeError, match="list"):
        studio.mark(clip, tags="campaign")
    with pytest.raises(NotFound):
        studio.mark("clip_nothing", favourite=True)


def test_marks_stand_in_the_table(studio: Studio):
    newest = studio.clips()[0]
    studio.mark(newest, favourite=True, tags=["campaign"])
    table = studio.results()
    assert table.favourite.dtype == bool
    assert table.loc[table.favourite, "id"].tolist() == [newest.id]
    assert table.tags.iloc[0] == ["campaign"]
    assert table.tags.iloc[1] == []


def test_everybody_who_follows_jobs_hears_of_marks_and_deletions(studio: Studio):
    clip, other = studio.clips()[:2]
    with Studio(studio.workspace.folder, role="client") as neighbour:
        heard: dict[str, threading.Event] = {clip.job: threading.Event(), other.job: threading.Event()}
        leave = neighbour.watch(lambda record: heard.get(record.id, threading.Event()).set())
        studio.mark(clip, favourite=True)
        assert heard[clip.job].wait(10)
        studio.delete(other)
        assert heard[other.job].wait(10)
        leave()


def test_retry_asks_for_the_same_again(studio: Studio):
    earlier = studio.records()[0]
    again = studio.retry(earlier.id)
    assert again.id != earlier.id
    assert again.record.request == earlier.request
    same = studio.retry(earlier.id, same_seed=True)
    assert same.record.seed == same.record.request.seed == earlier.seed
    assert studio.retry(earlier.id, key="once").id == studio.retry(earlier.id, key="once").id
    with pytest.raises(NotFound):
        studio.retry("job_nothing")
    for job in (again, same):
        job.cancel()
