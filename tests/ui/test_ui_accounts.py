"""The accounts panel as people use it: Voilà, Chromium, a real pool, a stand-in to test accounts against."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View
from ui_pages import Picture, Visit, fits, go, page_of

from sora_kit import Studio
from sora_kit.backends.base import AccountUnfit, QuotaExhausted
from sora_kit.standins.sora_web import SoraWebStandin
from sora_kit.store.tables import account

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

HOSTILE = "<img src=x onerror=document.title='hacked'> and a name that has no end in sight"
PASSWORD = "correct horse battery"
OPEN = """
from sora_kit import Studio
from sora_kit.panels import Accounts
Accounts(Studio())
"""


def fill(studio: Studio, standin: SoraWebStandin) -> None:
    """Three accounts that work and 57 in all states that there are."""
    pool = studio.accounts
    for email, known in standin.accounts.items():
        pool.add("sora_web", session_token=known.session_token, access_token=known.access_token, label=email)
    ids = [
        pool.add("sora_web", refresh_token=f"rt_{n:030}", client_id="app_1", label=f"pool-{n:02}").id
        for n in range(57)
    ]
    pool.failed(ids[0], QuotaExhausted("The quota is used up", resets_at=time.time() + 7300))
    pool.failed(ids[1], AccountUnfit("The region is not served", why=HOSTILE))
    pool.edit(ids[2], label=HOSTILE, remark=HOSTILE, proxy="socks5://user:hunter2@10.0.0.7:1080")
    pool.disable(ids[3])
    today = pool.today()
    with pool.database.write() as connection:
        for n, one in enumerate(ids):
            values = {"plan": ("chatgpt_plus", "chatgpt_pro", "chatgpt_team")[n % 3], "today": today}
            values |= {"quota": (28, 3, 12, None)[n % 4], "quota_resets": time.time() + 18_000 + n * 900}
            values |= {"expires": time.time() + (40, 3, -1)[n % 3] * 86_400, "videos": n * 7, "images": n}
            values |= {"videos_today": n % 5, "images_today": n % 3, "errors": n % 4, "errors_today": n % 2}
            connection.execute(sa.update(account).where(account.c.id == one).values(**values))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[tuple[Studio, dict[str, str]]]:
    """A workspace with accounts, and two pages: the panel alone, and the operator's."""
    folder = tmp_path_factory.mktemp("ui")
    with (
        SoraWebStandin(["a@example.com", "b@example.com", "c@example.com"]) as standin,
        Studio(folder / "kittens", role="client") as studio,
    ):
        fill(studio, standin)
        env = {"SORA_KIT_SORA_WEB_URL": standin.backend_url, "SORA_KIT_ADMIN_PASSWORD": PASSWORD}
        with page_of(folder / "kittens", OPEN, env=env, admin=True) as page:
            yield studio, {"panel": page.url, "admin": page.admin_url}


@pytest.fixture
def visit(place: tuple[Studio, dict[str, str]], look: Visit) -> Visit:
    """Open a page: the panel alone, or the operator's."""

    def visit(name: str = "panel", theme: str = "light", width: int = 1180, height: int = 900) -> View:
        view = look(f"{place[1][name]}?theme={theme}", width=width, height=height)
        ready = view.locator(".sk-pool tbody tr" if name == "panel" else ".sk-door input").first
        expect(ready).to_be_visible(timeout=60_000)
        return view

    return visit


def rows(view: View) -> Locator:
    return view.locator(".sk-pool .sk-scroll tbody tr")


def row(view: View, words: str) -> Locator:
    return rows(view).filter(has_text=words).first


def dialog(view: View) -> Locator:
    return view.locator("dialog[open]")


@pytest.mark.parametrize(("theme", "widths"), [("light", (1440, 900, 420)), ("dark", (1440, 420))])
def test_it_fits_the_page(visit: Visit, picture: Picture, theme: str, widths: tuple[int, ...]):
    view = visit(theme=theme)
    for width in widths:
        view.set_viewport_size({"width": width, "height": 900})
        expect(view.locator(".sk-figure").first).to_contain_text("60")
        expect(rows(view)).to_have_count(20)
        expect(row(view, "pool-00")).to_contain_text("The quota is used up")
        expect(row(view, "pool-00")).to_contain_text("back in 2 h")
        picture(view, f"{theme}_{width}")
        fits(view)
        view.get_by_role("button", name="More for pool-05").click()
        view.get_by_role("menuitem", name="Edit").click()
        expect(dialog(view)).to_contain_text("set rt_0…0005")
        picture(view, f"edit_{theme}_{width}")
        fits(view, "dialog[open]")
        view.keyboard.press("Escape")
        expect(dialog(view)).to_have_count(0)


def test_hostile_words_stay_words(visit: Visit, picture: Picture):
    view = visit()
    title = view.title()
    expect(row(view, HOSTILE[:40])).to_be_visible()
    row(view, HOSTILE[:40]).get_by_role("button", name=re.compile("^More for")).click()
    view.get_by_role("menuitem", name="History").click()
    expect(dialog(view)).to_contain_text("added")
    picture(view, "history")
    view.keyboard.press("Escape")
    view.get_by_role("button", name="More", exact=False).filter(has_text="▾").click()
    view.get_by_role("menuitem", name="History of all").click()
    expect(dialog(view)).to_contain_text(HOSTILE)
    assert view.title() == title
    assert view.locator(".sk-pool img").count() == 0
    assert "hunter2" not in view.content()


def test_finding(visit: Visit):
    view = visit()
    search = view.get_by_label("Search accounts")
    search.fill("pool-5")
    expect(rows(view)).to_have_count(7)
    search.fill("nobody")
    expect(view.get_by_text("Nothing matches")).to_be_visible()
    view.get_by_role("button", name="Show all").click()
    expect(rows(view)).to_have_count(20)
    view.get_by_label("State", exact=True).select_option("disabled")
    expect(rows(view)).to_have_count(1)
    expect(rows(view)).to_contain_text("pool-03")
    view.get_by_label("State", exact=True).select_option("")
    view.get_by_label("Rows of a page").select_option("50")
    expect(rows(view)).to_have_count(50)
    view.get_by_role("button", name="Next", exact=True).click()
    expect(rows(view)).to_have_count(10)
    expect(view.locator(".sk-pages")).to_contain_text("51–60 of 60")
    view.get_by_role("button", name="Made").click()
    expect(rows(view).first).to_contain_text("392 videos")


def test_adding_testing_and_removing(visit: Visit, place: tuple[Studio, dict[str, str]], picture: Picture):
    view = visit(height=1000)
    view.get_by_role("button", name="Add account").click()
    box = dialog(view)
    box.get_by_role("button", name="Add account").click()
    expect(box.locator(".sk-notice b")).to_have_text("An account needs something to sign in with")
    picture(view, "refused")
    box.get_by_label("Name").fill("fresh")
    box.get_by_label("Session token").fill("sess-nobody-knows-this-one-at-all")
    box.get_by_label("Name").press("Enter")
    expect(dialog(view)).to_have_count(0)
    expect(view.locator(".sk-working")).to_contain_text("failed: ")
    view.get_by_label("Search accounts").fill("fresh")
    expect(rows(view)).to_have_count(1)
    expect(rows(view)).to_contain_text("Expired")
    picture(view, "added")
    view.get_by_role("button", name="Copy as code").click()
    expect(view.locator(".sk-source pre")).to_contain_text("inspect(studio.accounts")
    view.get_by_label("Search accounts").fill("@example.com")
    expect(rows(view)).to_have_count(3)
    view.get_by_label("Choose all of this page").check()
    picture(view, "chosen")
    view.get_by_role("toolbar").get_by_role("button", name="Test").click()
    expect(view.locator(".sk-working")).to_contain_text("Testing: 3 good, 0 failed")
    expect(row(view, "a@example.com")).to_contain_text("Tested: by its owner")
    expect(row(view, "a@example.com")).to_contain_text("30 left")
    picture(view, "tested")
    view.get_by_role("button", name="Choose none").click()
    view.get_by_label("Search accounts").fill("fresh")
    expect(rows(view)).to_have_count(1)
    rows(view).get_by_role("button", name="More for fresh").click()
    view.get_by_role("menuitem", name="Remove").click()
    expect(dialog(view)).to_contain_text("This cannot be taken back")
    dialog(view).get_by_role("button", name="Remove").click()
    expect(view.get_by_text("Nothing matches")).to_be_visible()
    assert "fresh" not in [one.label for one in place[0].accounts.list()]


def test_changes_elsewhere_are_seen(visit: Visit, place: tuple[Studio, dict[str, str]]):
    view = visit()
    pool = place[0].accounts
    one = pool.find("pool-06")
    expect(row(view, "pool-06")).to_contain_text("Ready")
    pool.disable(one.id)
    expect(row(view, "pool-06")).to_contain_text("Off", timeout=15_000)
    pool.enable(one.id)
    expect(row(view, "pool-06")).to_contain_text("Ready", timeout=15_000)


def test_import_and_export(
    visit: Visit,
    picture: Picture,
    place: tuple[Studio, dict[str, str]],
    tmp_path: Path,
):
    view = visit()
    view.get_by_role("button", name="Import").click()
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps([{"email": "new@example.com", "st": "sess-" + "n" * 40}, {"email": "bad"}]))
    dialog(view).get_by_label("A file to import").set_input_files(file)
    expect(dialog(view)).to_contain_text("tokens.json")
    picture(view, "import")
    dialog(view).get_by_role("button", name="Import").click()
    expect(view.locator(".sk-working")).to_contain_text("Importing: 1 good, 1 failed")
    expect(view.locator(".sk-working")).to_contain_text("row 2 · bad")
    view.get_by_role("button", name="Export").first.click()
    with view.expect_download() as waiting:
        view.get_by_role("menuitem", name="Masked").click()
    saved = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert waiting.value.suggested_filename.startswith("accounts-masked-")
    assert len(saved) == 61
    view.get_by_role("button", name="Export").first.click()
    view.get_by_role("menuitem", name="With tokens").click()
    box = dialog(view)
    expect(box).to_contain_text("the tokens of 61 accounts in clear")
    box.get_by_role("button", name="Write the file").click()
    expect(box.locator(".sk-notice b")).to_have_text("Nothing was written")
    picture(view, "secrets")
    box.get_by_label("Type “tokens” to go on").fill("tokens")
    box.get_by_role("button", name="Write the file").click()
    expect(view.locator(".sk-said")).to_contain_text("61 accounts with their tokens are in")
    (path,) = place[0].workspace.folder.glob("accounts-secret-*.json")
    assert "sess-" + "n" * 40 in path.read_text("utf-8")
    assert "n" * 40 not in view.content()


def test_the_operators_page_asks_for_its_password(visit: Visit, picture: Picture):
    view = visit("admin", theme="dark")
    assert view.locator(".sk-pool").count() == 0
    assert "pool-00" not in view.content()
    picture(view, "door")
    field = view.get_by_label("Admin password")
    field.fill("guess")
    view.keyboard.press("Enter")
    expect(view.locator(".sk-door .sk-notice b")).to_have_text("That is not the password")
    field.fill(PASSWORD)
    view.keyboard.press("Enter")
    expect(rows(view)).to_have_count(20, timeout=30_000)
    expect(view.locator(".sk-door")).to_have_count(0)
    expect(view.get_by_role("tab", name=re.compile(r"^Accounts \d+ · \d+ ready$"))).to_be_visible()
    picture(view, "admin")
    go(view, "Server")
    expect(view.get_by_role("region", name="API server")).to_be_visible()
    expect(view.locator(".sk-pool")).to_be_hidden()
    go(view, "Accounts")
    expect(rows(view)).to_have_count(20)
