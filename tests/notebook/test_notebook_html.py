"""Markup: escaping is the default and cannot be forgotten."""

import pytest

from sora_kit.notebook.html import escape, join, tag, trusted


def test_text_is_escaped_and_markup_is_kept():
    assert (
        tag("p", "1 < 2 ", tag("b", "a & b"), class_="note")
        == '<p class="note">1 &lt; 2 <b>a &amp; b</b></p>'
    )


def test_attributes_cannot_be_escaped_from():
    assert tag("i", title='"><script>alert(1)</script>') == (
        '<i title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"></i>'
    )


def test_children_may_be_nested_iterables_and_none():
    rows = (tag("li", n) for n in (1, 2))
    assert tag("ul", None, rows, ["x", None]) == "<ul><li>1</li><li>2</li>x</ul>"


def test_bare_missing_and_hyphenated_attributes():
    assert tag("video", controls=True, hidden=False, poster=None, data_slot="a", preload="none") == (
        '<video controls data-slot="a" preload="none"></video>'
    )


def test_void_elements_have_no_end():
    assert tag("img", src="/a.png", alt="") == '<img src="/a.png" alt="">'


@pytest.mark.parametrize(
    "address",
    ["https://x/y.mp4", "http://127.0.0.1:8000/media/a", "/user/a/proxy/1/m", "./a", "files/a.mp4",
     "data:image/jpeg;base64,AAAA"],
)  # fmt: skip
def test_addresses_that_stay(address):
    assert f'src="{address}"' in tag("video", src=address)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<b>", "vbscript:x", "file:///etc/passwd",
     "data:image/svg+xml;base64,AAAA", "java\tscript:alert(1)"],
)  # fmt: skip
def test_addresses_that_are_left_out(address):
    assert tag("a", "x", href=address) == "<a>x</a>"


def test_escape_twice_is_once():
    assert escape(escape("<")) == "&lt;"
    assert join([trusted("<br>"), "<br>"]) == "<br>&lt;br&gt;"


@pytest.mark.parametrize(("name", "attributes"), [("b onclick=x", {}), ("b", {"on click": 1})])
def test_names_must_be_names(name, attributes):
    with pytest.raises(ValueError, match="Not an"):
        tag(name, **attributes)
