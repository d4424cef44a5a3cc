"""``DataFrame.sora`` over a real studio's tables, and over tables that lost their origin."""

import re

import pandas as pd
import pytest

from sora_kit import Studio
from sora_kit.notebook import accessor
from sora_kit.notebook.accessor import Preview


@pytest.fixture(scope="module")
def made(pictures):
    """A studio with two pictures."""
    with Studio(pictures) as studio:
        yield studio


def test_a_table_shows_its_clips_in_order_and_escaped(made):
    html = made.results().sora.preview()._repr_html_()
    assert html.count("<tr>") == 3
    assert len(re.findall(r'<a href="http://127\.0\.0\.1:\d+/media/', html)) == 2
    assert "<img src=x" not in html
    assert html.index("A cat") < html.index("A lighthouse")
    assert "<th>Id</th>" not in html


def test_filters_sorts_and_copies_keep_the_clips(made):
    frame = made.results()
    kept = pd.concat([frame[frame["style"] == "comic"].copy()]).sort_values("created").reset_index()
    assert "/media/" in kept.sora.gallery(columns=3).html
    assert "--sk-columns: 3" in kept.sora.gallery(columns=3).html


def test_columns_of_other_people_are_shown_and_escaped(made):
    html = made.results().assign(my_score=[1.5, None], note="<b>mine</b>").sora.preview().html
    assert "My score" in html
    assert ">1.5<" in html
    assert "&lt;b&gt;mine" in html
    assert ">nan<" not in html.lower()


def test_more_rows_than_asked_for_are_announced(made):
    html = made.results().sora.preview(rows=1).html
    assert html.count("<tr>") == 2
    assert "The first 1 of 2 rows." in html


def test_jobs_have_previews_too(made):
    html = made.jobs().sora.preview().html
    assert "completed" in html
    assert html.count("/media/") == 2


def test_a_table_from_elsewhere_plays_its_addresses_only():
    frame = pd.DataFrame({"video": ["https://x.example/a.mp4", "javascript:alert(1)", None], "prompt": "A"})
    html = frame.sora.preview().html
    assert html.count("<video") == 1
    assert 'src="https://x.example/a.mp4"' in html
    assert "javascript" not in html
    assert frame.sora.gallery().html.count("<figure") == 3


def test_an_empty_table_says_so():
    assert "No clips yet." in pd.DataFrame({"id": [], "prompt": []}).sora.preview().html


def test_tables_of_other_things_have_no_sora():
    with pytest.raises(AttributeError, match="needs a column `id` or `video`"):
        _ = pd.DataFrame({"a": [1]}).sora


def test_a_gallery_has_at_least_one_column():
    with pytest.raises(ValueError, match="1 or more"):
        pd.DataFrame({"id": ["x"]}).sora.gallery(columns=0)


def test_in_a_terminal_it_is_the_plain_table():
    frame = pd.DataFrame({"id": ["x"], "prompt": ["A cat"]})
    assert isinstance(frame.sora.preview(), Preview)
    assert repr(frame.sora.preview()) == repr(frame)
    assert accessor.SoraAccessor(frame)
