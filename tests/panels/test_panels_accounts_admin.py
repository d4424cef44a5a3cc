"""The operator's page: closed until the password was given, and slow for those who guess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput
from sora_kit.panels import Accounts, Server, open_admin, open_dashboard
from sora_kit.panels.admin import Admin, Door, Lock

PASSWORD = "correct horse battery"


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    return PASSWORD


def test_nothing_exists_before_the_password(studio: Studio, password: str, monkeypatch: pytest.MonkeyPatch):
    made: list[object] = []
    real = Accounts.__init__
    monkeypatch.setattr(
        Accounts, "__init__", lambda self, *a, **k: (made.append(self), real(self, *a, **k))[1]
    )
    page = Admin(studio, locked=True)
    (door,) = page.children
    assert isinstance(door, Door)
    door._dispatch(None, {"do": "open", "password": "guess"})
    assert door.error["what"] == "That is not the password"
    assert made == []
    door._dispatch(None, {"do": "open", "password": password})
    assert len(made) == 1
    assert door not in page.children
    assert password not in str(page.get_state())


@pytest.mark.parametrize("given", ["", "correct horse batter", "Correct horse battery", "ключ"])
def test_only_the_password_opens(studio: Studio, password: str, given: str):
    with pytest.raises(InvalidInput, match="not the password"):
        Lock(studio.workspace.database).open(given)
    Lock(studio.workspace.database).open(password)


def test_guessing_takes_longer_and_longer_for_all_pages(studio: Studio, password: str):
    now = [1_000_000.0]

    def lock() -> Lock:  # each page has a kernel of its own, and so its own lock
        return Lock(studio.workspace.database, lambda: now[0])

    for _ in range(5):
        with pytest.raises(InvalidInput, match="not the password"):
            lock().open("guess")
    with pytest.raises(InvalidInput, match="Try again in 1 s"):
        lock().open(password)  # the right one is refused, too
    now[0] += 1.1
    with pytest.raises(InvalidInput, match="not the password"):
        lock().open("guess")
    with pytest.raises(InvalidInput, match="Try again in 2 s"):
        lock().open(password)
    for _ in range(30):
        now[0] += 901
        with pytest.raises(InvalidInput, match="not the password"):
            lock().open("guess")
    with pytest.raises(InvalidInput, match="Try again in 900 s"):
        lock().open(password)
    now[0] += 901
    lock().open(password)
    with pytest.raises(InvalidInput, match="not the password"):
        lock().open("guess")  # five are free again
    lock().open(password)


def test_many_pages_at_once_are_not_more_tries(studio: Studio, password: str):
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_: int) -> str:
        try:
            Lock(studio.workspace.database).open("guess")
        except InvalidInput as error:
            return error.code
        return "open"

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(attempt, range(24)))
    assert codes.count("too_many_tries") == 24 - 5


def test_without_a_password_it_stays_closed_and_says_what_to_set(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    shown = open_admin()
    assert "no admin password is set" in shown.value
    assert "Set SORA_KIT_ADMIN_PASSWORD where the page is started" in shown.value


def test_what_opens_is_the_whole_studio_at_the_accounts(studio: Studio):
    page = Admin(studio, locked=False)
    (dashboard,) = page.children
    assert dashboard.tabs.titles == [
        "Create",
        "Storyboard",
        "Results",
        "Characters",
        "Jobs",
        "Accounts",
        "Server",
    ]
    assert dashboard.tabs.first == "Accounts"
    assert isinstance(dashboard.opened["accounts"], Accounts)
    dashboard.tabs._dispatch(None, {"do": "open", "title": "Server"})
    assert isinstance(dashboard.opened["server"], Server)
    dashboard.close()


def test_a_dashboard_for_the_operator_asks_where_visitors_may_reach_it(
    workspace: Path, password: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    monkeypatch.setenv("VOILA_REQUEST_URL", "http://127.0.0.1/")
    theirs = open_dashboard(operator=True)
    assert isinstance(theirs.children[0], Door)
    theirs.studio.close()


def test_it_asks_under_voila_only(workspace: Path, password: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    mine = open_admin()
    assert not isinstance(mine.children[0], Door)
    monkeypatch.setenv("VOILA_REQUEST_URL", "http://127.0.0.1/")
    theirs = open_admin()
    assert isinstance(theirs.children[0], Door)
    for page in (mine, theirs):
        page.studio.close()
