"""``GET /v1/videos``: pages, and what may change while somebody turns them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server


class Reader:
    """Somebody with a key of his own, who lists videos."""

    def __init__(self, kit: Any, http: httpx.Client, headers: dict[str, str]) -> None:
        self.kit, self.http, self.headers = kit, http, headers
        self.owner = kit.studio.keys.list()[-1].id

    def page(self, **params: Any) -> httpx.Response:
        return self.http.get(f"{self.kit.url}/v1/videos", params=params, headers=self.headers)

    def pages(self, order: str, limit: int = 3) -> Iterator[list[str]]:
        """The ids of each page, as OpenAI's SDK asks for them."""
        params: dict[str, Any] = {"limit": limit, "order": order}
        while True:
            page = self.page(**params).json()
            assert page["object"] == "list"
            ids = [one["id"] for one in page["data"]]
            assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
            yield ids
            if not page["has_more"]:
                return
            params["after"] = page["last_id"]

    def all_of(self, order: str) -> list[str]:
        return [one for page in self.pages(order) for one in page]


@pytest.fixture
def reader(kit, another_key: Callable[[], dict[str, str]], anyone: httpx.Client) -> Reader:
    return Reader(kit, anyone, another_key())


@pytest.fixture
def rows(kit, reader: Reader) -> list[str]:
    return sorted(kit.row(owner=reader.owner) for _ in range(7))


def test_pages_come_in_both_orders(reader: Reader, rows: list[str]):
    assert [one for one in reader.all_of("asc") if one in rows] == rows
    assert [one for one in reader.all_of("desc") if one in rows] == rows[::-1]
    for order in ("asc", "desc"):
        assert len(set(found := reader.all_of(order))) == len(found)


def test_whoever_deletes_what_he_lists_comes_to_the_end(kit, reader: Reader, rows: list[str]):
    gone = []
    for page in reader.pages("desc", 2):
        for one in page:
            if one in rows:
                deleted = reader.http.delete(f"{kit.url}/v1/videos/{one}", headers=reader.headers)
                assert deleted.json()["deleted"] is True
                gone.append(one)
    assert gone == rows[::-1]
    assert not set(rows) & set(reader.all_of("asc"))


def test_a_limit_of_nothing_tells_whether_there_is_something(reader: Reader, rows: list[str]):
    empty = reader.page(limit=0).json()
    assert (empty["data"], empty["first_id"], empty["last_id"]) == ([], None, None)
    assert empty["has_more"] is True
    assert reader.page(limit=0, after=reader.all_of("desc")[-1]).json()["has_more"] is False


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": -1}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"order": "up"}, "order"),
        ({"after": "video_x"}, "after"),
        ({"after": "video_" + "!" * 26}, "after"),
        ({"after": "x" * 5000}, "after"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(reader: Reader, params: dict[str, Any], param: str):
    answer = reader.page(**params)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_a_finished_job_without_a_result_is_not_listed(kit, reader: Reader):
    lost = kit.row(owner=reader.owner, state="completed", clips=("clip_gone",), progress=100.0)
    assert lost not in reader.all_of("desc")
    assert reader.http.get(f"{kit.url}/v1/videos/{lost}", headers=reader.headers).status_code == 404
