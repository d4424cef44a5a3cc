"""The accounts panel: what it does to the pool, what it shows, and that no secret gets out of it."""

from __future__ import annotations

import base64
import json
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from comm.base_comm import BaseComm

from sora_kit import Studio
from sora_kit.accounts.search import Filter, matching
from sora_kit.backends.base import AccountUnfit, QuotaExhausted
from sora_kit.panels import Accounts
from sora_kit.panels.assets import script, sheet

SECRET = "eyJhbGciOiJIUzI1NiJ9.SecretSecretSecretSecret{}.QsignatureQ9xk"
PROXY = "socks5://someone:hunter2hunter2@127.0.0.1:1080"
HOSTILE = "<img src=x onerror=document.title='hacked'>"


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here runs a job, so none is started for real."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def panel(studio: Studio) -> Iterator[Accounts]:
    made = Accounts(studio)
    yield made
    made.close()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that goes to the page: the opening of widgets, their traits, and messages with their buffers."""
    heard: list[str] = []

    def publish(
        self: BaseComm,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        files = [bytes(buffer).decode("utf-8", "replace") for buffer in buffers or ()]
        heard.append(json.dumps([msg_type, data, metadata, files, keys], default=repr))

    for kind in (BaseComm, *BaseComm.__subclasses__()):
        monkeypatch.setattr(kind, "publish_msg", publish)
    return heard


def do(panel: Accounts, what: str, /, **arguments: Any) -> None:
    """Send a message as the page does."""
    panel._dispatch(None, {"do": what, "who": "me", **arguments})


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        threading.Event().wait(0.02)


def settled(panel: Accounts) -> dict[str, Any]:
    """Wait until what is done to many is done; gives the status."""
    until(lambda: panel.work and not panel.work["running"] and panel.status["said"])
    status: dict[str, Any] = panel.status
    return status


def fill(studio: Studio, number: int = 3) -> list[str]:
    return [
        studio.accounts.add("sora_web", access_token=SECRET.format(n), label=f"pool-{n:02}").id
        for n in range(number)
    ]


def shown(panel: Accounts) -> list[str]:
    return [row["label"] for row in panel.view["rows"]]


# -- one account


def test_adding_shows_a_row_with_its_token_masked(panel: Accounts):
    assert panel.view["rows"] == []
    do(panel, "add", backend="sora_web", fields={"label": "main", "session_token": SECRET, "proxy": PROXY})
    (row,) = panel.view["rows"]
    assert (row["label"], row["word"], row["tone"]) == ("main", "Ready", "good")
    assert row["held"] == {"session_token": "eyJh…Q9xk"}
    assert row["proxy"] == "socks5://…@127.0.0.1:1080"
    assert row["why"] == "Added: by its owner"
    assert row["renewable"]
    assert panel.facts["accounts"] == panel.facts["ready"] == panel.count == 1
    assert panel.status["said"] == "main is added."
    assert panel.code == (
        "from getpass import getpass\n\nstudio.accounts.add('sora_web', label='main', "
        "session_token=getpass('Session token: '), proxy=getpass('Proxy: '))\n"
    )


def test_adding_again_updates(panel: Accounts):
    for label in ("one", "two"):
        do(panel, "add", backend="sora_web", fields={"label": label, "access_token": SECRET})
    assert shown(panel) == ["two"]
    assert panel.status["said"] == "two was there already and is updated."


def test_a_copied_token_may_hold_line_breaks(panel: Accounts, studio: Studio):
    do(panel, "add", backend="sora_web", fields={"access_token": f"{SECRET[:20]}\n  {SECRET[20:]} "})
    (row,) = panel.view["rows"]
    assert studio.accounts.login(row["id"]).secrets == {"access_token": SECRET}


def test_editing_changes_what_is_given_and_keeps_the_rest(panel: Accounts, studio: Studio):
    (one,) = fill(studio, 1)
    do(
        panel,
        "edit",
        id=one,
        fields={"remark": "lent", "video_cap": 2, "write_headers": "X-One: 1\nX-Two: a:b"},
    )
    (row,) = panel.view["rows"]
    assert (row["remark"], row["video_cap"], row["headers"]) == ("lent", 2, ["X-One", "X-Two"])
    assert studio.accounts.login(one).settings["write_headers"] == {"X-One": "1", "X-Two": "a:b"}
    assert studio.accounts.login(one).secrets == {"access_token": SECRET.format(0)}
    assert "getpass('X-One: ')" in panel.code
    do(panel, "edit", id=one, fields={"write_headers": "", "remark": ""})
    assert (panel.view["rows"][0]["headers"], panel.view["rows"][0]["remark"]) == ([], "")
    do(panel, "edit", id=one, fields={"session_token": SECRET, "access_token": ""})
    assert set(panel.view["rows"][0]["held"]) == {"session_token"}


@pytest.mark.parametrize(
    ("what", "arguments", "said"),
    [
        ("add", {"backend": "sora_web", "fields": {"label": "x"}}, "needs something to sign in with"),
        ("add", {"backend": "animatic", "fields": {"access_token": SECRET}}, "no such backend"),
        ("add", {"backend": "sora_web", "fields": {"access_token": "eyJ…x"}}, "masked"),
        ("edit", {"id": "acc_x", "fields": {"label": "x"}}, "no account 'acc_x'"),
        ("edit", {"id": "acc_x", "fields": {"write_headers": "no colon"}}, "header has no name"),
        ("proxy", {"url": "hunter2hunter2"}, "no address of a proxy"),
        ("mode", {"mode": "luck"}, "no mode"),
        ("take_in", {"text": "[{"}, "not valid JSON"),
        ("take_in", {"text": "  "}, "nothing to import"),
        ("batch", {"what": "enable", "ids": []}, "No account is chosen"),
        ("batch", {"what": "remove", "ids": ["acc_x"]}, "Nothing was removed"),
        ("remove_disabled", {"sure": "yes"}, "Nothing was removed"),
        ("find", {"nonsense": 1}, "did not work"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_a_card(panel: Accounts, what: str, arguments: dict[str, Any], said: str):
    do(panel, what, **arguments)
    assert said in panel.status["error"]["what"]
    assert "hunter2" not in json.dumps(panel.status)


# -- what is shown


def test_the_state_says_why(panel: Accounts, studio: Studio):
    ready, cooling, unfit, off = fill(studio, 4)
    pool = studio.accounts
    pool.failed(cooling, QuotaExhausted("The quota is used up", resets_at=time.time() + 4000))
    pool.failed(unfit, AccountUnfit("The region is not served"))
    pool.disable(off)
    do(panel, "look")
    rows = {row["id"]: row for row in panel.view["rows"]}
    assert [rows[one]["word"] for one in (ready, cooling, unfit, off)] == ["Ready", "Cooling", "Unfit", "Off"]
    assert rows[cooling]["why"].startswith("The quota is used up. It comes back at")
    assert rows[unfit]["why"].startswith("The region is not served")
    assert rows[off]["why"] == "Disabled: by its owner"
    facts = panel.facts
    assert (facts["ready"], facts["cooling"], facts["needs_you"], facts["disabled"]) == (1, 1, 1, 1)
    assert facts["next_back"] == pytest.approx(time.time() + 4000, abs=30)
    for number, state in enumerate(("ready", "cooling", "needs_you", "disabled")):
        do(panel, "find", filter={"state": state})
        assert shown(panel) == [f"pool-{number:02}"]


@pytest.mark.parametrize(("days", "ends"), [(-1, "past"), (6.9, "soon"), (7.1, "")])
def test_a_token_that_ends_is_marked(panel: Accounts, studio: Studio, days: float, ends: str):
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + days * 86_400}).encode())
    token = f"eyJhbGciOiJub25lIn0.{claims.decode().rstrip('=')}.x"
    do(panel, "add", backend="sora_web", fields={"access_token": token})
    assert panel.view["rows"][0]["ends"] == ends


def test_pages_filters_and_orders(panel: Accounts, studio: Studio):
    fill(studio, 45)
    studio.accounts.edit(matching(studio.accounts)[7], remark="100% mine", email="Someone@Example.com")
    do(panel, "look")
    assert (len(shown(panel)), panel.view["total"]) == (20, 45)
    do(panel, "find", filter={}, page=2)
    assert shown(panel) == [f"pool-{n}" for n in range(40, 45)]
    do(panel, "find", filter={}, page=9, size=50)
    assert (len(shown(panel)), panel.view["page"]) == (45, 0)
    do(panel, "find", filter={}, order="label", down=True, size=7)
    assert (shown(panel)[0], panel.view["size"]) == ("pool-44", 50)
    for text in ("0% MI", "someone@", "POOL-07"):
        do(panel, "find", filter={"text": text})
        assert shown(panel) == ["pool-07"]
    do(panel, "find", filter={"text": "%"})
    assert shown(panel) == ["pool-07"]
    do(panel, "find", filter={"plan": "unknown"})
    assert panel.view["total"] == 45
    do(panel, "find", filter={"plan": "chatgpt_pro"})
    assert panel.view["total"] == 0
    do(panel, "find", filter={"state": "'; drop table account"})
    assert panel.view["total"] == 45


def test_ten_thousand_accounts_stay_quick(panel: Accounts, studio: Studio, wire: list[str]):
    import sqlalchemy as sa

    from sora_kit.store.tables import account

    rows = [
        {"id": f"acc_{n:05}", "backend": "sora_web", "label": f"pool-{n:05}", "created": float(n),
         "plan": ("chatgpt_plus", "chatgpt_pro")[n % 2], "settings": {"held": {"access_token": "eyJh…Q9xk"}}}
        for n in range(10_000)
    ]  # fmt: skip
    with studio.accounts.database.write() as connection:
        connection.execute(sa.insert(account), rows)
    took = []
    for page in (0, 100, 499):
        began = time.perf_counter()
        do(panel, "find", filter={}, page=page)
        took.append(time.perf_counter() - began)
    do(panel, "find", filter={"text": "pool-0999"}, size=100)
    assert shown(panel) == [f"pool-0999{n}" for n in range(10)]
    do(panel, "find", filter={}, size=100)
    assert len(shown(panel)) == 100
    assert min(took) < 0.25
    assert max(map(len, wire)) < 200_000
    heard = len(wire)
    do(panel, "look")
    assert [json.loads(one)[1]["content"] for one in wire[heard:]] == [{"seen": True, "to": "me"}]


def test_drawing_on_this_computer_is_no_account(panel: Accounts, studio: Studio):
    assert [one.id for one in studio.accounts.list()] == ["local-animatic"]
    do(panel, "batch", what="disable", filter={})
    assert panel.status["error"]["what"] == "No account is chosen"
    assert studio.accounts.get("local-animatic").enabled


# -- many accounts


def test_a_batch_does_it_to_those_that_are_chosen(panel: Accounts, studio: Studio):
    first, second, third = fill(studio)
    do(panel, "batch", what="disable", ids=[first, second, "acc_gone"])
    assert settled(panel)["said"] == "2 accounts disabled, 1 failed."
    assert panel.work["rows"] == [
        {"label": "acc_gone", "ok": False, "why": "There is no account 'acc_gone'. "
         "List them with `sora-kit accounts list`."}
    ]  # fmt: skip
    assert panel.code == f"for one in [{first!r}, {second!r}, 'acc_gone']: studio.accounts.disable(one)\n"
    assert matching(studio.accounts, Filter(state="disabled")) == [first, second]
    do(panel, "batch", what="enable", filter={"state": "disabled"})
    assert settled(panel)["said"] == "2 accounts enabled."
    assert "matching(studio.accounts, Filter(state='disabled'))" in panel.code
    do(panel, "batch", what="proxy", ids=[third], proxy=PROXY)
    settled(panel)
    assert studio.accounts.login(third).proxy == PROXY
    assert panel.code == (
        f"from getpass import getpass\n\nstudio.accounts.edit({third!r}, proxy=getpass('Proxy: '))\n"
    )
    do(panel, "batch", what="remove", ids=[first], sure=True)
    assert settled(panel)["said"] == "1 account removed."
    assert shown(panel) == ["pool-01", "pool-02"]


def test_disabled_ones_are_removed_together(panel: Accounts, studio: Studio):
    first, *_ = fill(studio)
    studio.accounts.disable(first)
    do(panel, "remove_disabled", sure=True)
    settled(panel)
    assert shown(panel) == ["pool-01", "pool-02"]
    assert panel.code == "studio.accounts.remove_disabled()\n"


def test_long_work_tells_how_far_it_is_can_be_stopped_and_is_alone(panel: Accounts, studio: Studio):
    ids = fill(studio, 30)
    gate, begun = threading.Event(), threading.Event()
    real = studio.accounts.disable

    def slow(account: str) -> Any:
        begun.set()
        gate.wait(10)
        return real(account)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studio.accounts, "disable", slow)
        do(panel, "batch", what="disable", ids=ids)
        assert begun.wait(10)
        until(lambda: panel.work.get("running"))
        do(panel, "batch", what="enable", ids=ids)
        assert panel.status["error"]["what"] == "Disabling is not finished"
        do(panel, "find", filter={"text": "pool-03"})  # the page goes on meanwhile
        assert shown(panel) == ["pool-03"]
        do(panel, "stop")
        gate.set()
        said = settled(panel)["said"]
    assert said == "1 account disabled, then stopped."
    assert len(matching(studio.accounts, Filter(state="disabled"))) == 1


def test_an_import_says_what_became_of_each_row(panel: Accounts):
    rows = [
        {"email": "a@example.com", "access_token": SECRET.format(1), "remark": HOSTILE},
        {"email": "b@example.com"},
        {"email": "a@example.com", "access_token": SECRET.format(1)},
    ]
    do(panel, "take_in", text=json.dumps(rows))
    assert settled(panel)["said"] == "2 accounts imported, 1 failed."
    found = [(row["label"], row["ok"], row["why"][:17]) for row in panel.work["rows"]]
    assert found == [
        ("row 2 · b@example.com", False, "An account needs "),
        ("row 1 · a@example.com", True, "added"),
        ("row 3 · a@example.com", True, "updated"),
    ]
    assert panel.view["rows"][0]["remark"] == HOSTILE
    do(panel, "take_in", text="rt_1aaaaaaaaaaaaaaaaaaaaaaaaa\n\nrt_2bbbbbbbbbbbbbbbbbbbbbbbbb\n", mode="rt")
    assert settled(panel)["said"] == "2 accounts imported."
    assert panel.code.endswith(
        "import_accounts(Path('accounts.json').read_text('utf-8'), mode='rt', backend='sora_web')\n"
    )


def test_events_of_one_and_of_all(panel: Accounts, studio: Studio, wire: list[str]):
    first, second, _ = fill(studio)
    studio.accounts.disable(first)
    do(panel, "events", id=first)
    answer = json.loads(wire[-1])[1]["content"]
    assert [(row["what"], row["cause"]) for row in answer["rows"]] == [
        ("disabled", "By its owner"), ("added", "By its owner"),
    ]  # fmt: skip
    studio.accounts.remove(second)
    do(panel, "events")
    answer = json.loads(wire[-1])[1]["content"]
    assert [row["account"] for row in answer["rows"][:2]] == [second, "pool-00"]


def test_turns_and_the_global_proxy(panel: Accounts, studio: Studio):
    do(panel, "mode", mode="least_busy")
    assert panel.facts["mode"] == studio.accounts.mode() == "least_busy"
    do(panel, "proxy", url=PROXY)
    assert studio.accounts.global_proxy() == PROXY
    assert panel.facts["proxy"] == "socks5://…@127.0.0.1:1080"
    do(panel, "proxy", url="")
    assert panel.facts["proxy"] == ""


# -- secrets


PLANTED = {
    "access_token": "eyJhbGciOiJub25lIn0.AAAAplantedAAAAplantedAAAA1111.AAAA",
    "session_token": "sess-BBBBplantedBBBBplantedBBBB2222",
    "refresh_token": "rt_CCCCplantedCCCCplantedCCCC3333",
    "api_key": "sk-DDDDplantedDDDDplantedDDDD4444",
    "proxy": "http://user:pw/EEEEplantedEEEE@10.0.0.7:3128",
    "write_headers": "X-Key: FFFFplantedFFFFplanted",
}


def test_no_secret_leaves_the_kernel(studio: Studio, wire: list[str], capfd: pytest.CaptureFixture[str]):
    panel = Accounts(studio)
    do(panel, "add", backend="sora_web", fields={"label": "main", "client_id": "app_1", **PLANTED})
    (row,) = panel.view["rows"]
    do(panel, "proxy", url=PLANTED["proxy"].replace("EEEE", "GGGG"))
    do(panel, "edit", id=row["id"], fields={"access_token": PLANTED["access_token"].replace("A", "H")})
    do(panel, "edit", id=row["id"], fields={"proxy": "planted no address"})
    do(panel, "edit", id=row["id"], fields={"api_key": "planted\x01"})
    do(panel, "edit", id=row["id"], fields={"planted": "x"}, planted="y")
    do(panel, "add", backend="sora_web", fields={"access_token": ["planted"]})
    do(panel, "batch", what="proxy", ids=[row["id"]], proxy=PLANTED["proxy"])
    settled(panel)
    text = [
        {"email": "p@example.com", "api_key": "planted\x01"},
        {"session_token": PLANTED["session_token"][::-1]},
    ]
    do(panel, "take_in", text=json.dumps(text))
    settled(panel)
    do(panel, "take_in", text=f'[{{"access_token": "{PLANTED["access_token"]}"')
    do(panel, "batch", what="test", filter={})  # there is no server: the failure quotes nothing
    settled(panel)
    do(panel, "batch", what="renew", filter={})
    settled(panel)
    studio.accounts.failed(row["id"], AccountUnfit(f"Refused Bearer {PLANTED['session_token']}"))
    do(panel, "look")
    do(panel, "events")
    do(panel, "export")
    until(lambda: "exported" in panel.status["said"])
    do(panel, "export", secrets=True)
    asked = json.loads(wire[-1])[1]["content"]
    do(panel, "export", secrets=True, sure=asked["ask"])
    until(lambda: "with their tokens" in panel.status["said"])
    panel.get_state()
    panel.close()
    heard = "\n".join(wire) + "".join(capfd.readouterr())
    assert len(wire) > 30
    assert '"main"' in heard
    assert "planted" not in heard.lower().replace("an account has no 'planted'", "")


def test_an_export_with_secrets_is_asked_for_twice_and_stays_on_this_side(
    panel: Accounts, studio: Studio, wire: list[str]
):
    fill(studio)
    folder = studio.workspace.folder
    for sure in ("", "guess"):
        do(panel, "export", secrets=True, sure=sure)
    asked = json.loads(wire[-1])[1]["content"]
    assert (asked["count"], asked["place"], asked["to"]) == (3, str(folder), "me")
    assert list(folder.glob("accounts-*.json")) == []
    do(panel, "export", secrets=True, sure=asked["ask"])
    until(lambda: "3 accounts with their tokens" in panel.status["said"])
    (path,) = folder.glob("accounts-secret-*.json")
    assert [row["access_token"] for row in json.loads(path.read_text("utf-8"))] == [
        SECRET.format(n) for n in range(3)
    ]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    do(panel, "export", secrets=True, sure=asked["ask"])  # the word holds once
    assert json.loads(wire[-1])[1]["content"]["ask"] != asked["ask"]
    assert len(list(folder.glob("accounts-*.json"))) == 1


def test_a_masked_export_is_a_file_for_one_view(panel: Accounts, studio: Studio, wire: list[str]):
    first, *_ = fill(studio)
    do(panel, "export", ids=[first])
    until(lambda: "1 account exported" in panel.status["said"])
    (found,) = [json.loads(one) for one in wire if '"file"' in one]
    assert found[1]["content"]["to"] == "me"
    assert [row["access_token"] for row in json.loads(found[3][0])] == ["eyJh…Q9xk"]


def test_the_script_makes_no_markup_and_loads_nothing():
    import re

    from sora_kit.notebook.theme import LIGHT

    for name in ("accounts", "door"):
        text, css = script(name), sheet(name)
        assert not re.search(r"^\s*import\b", text, re.MULTILINE)
        assert text.count("export default") == text.count("function el(") == 1
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
        assert not re.search(r"https?://(?!www\.w3\.org/)", text + css)
        assert set(re.findall(r"var\(--sk-([a-z-]+)", css)) <= LIGHT.keys()
        names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
        assert len(names) == len(set(names))
