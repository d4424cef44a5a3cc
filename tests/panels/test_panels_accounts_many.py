"""The accounts panel: what it does to many, and that no secret gets out of it."""

from __future__ import annotations

import json
import stat
import sys
import threading
from typing import Any

import pytest
from accounts_panel import HOSTILE, PROXY, SECRET, do, fill, panel, settled, shown, studio, until, wire

from sora_kit import Studio
from sora_kit.accounts.search import Filter, matching
from sora_kit.backends.base import AccountUnfit
from sora_kit.panels import Accounts
from sora_kit.panels.accountcode import code_of_batch
from sora_kit.panels.assets import script, sheet

__all__ = ("panel", "studio", "wire")  # fixtures


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


@pytest.mark.parametrize("what", ["test", "renew", "enable", "disable", "remove", "proxy"])
@pytest.mark.parametrize("chosen", [None, Filter(text="it's", state="expired")])
@pytest.mark.parametrize("ids", [["acc_1"], ["acc_1", "acc_2"]])
def test_every_line_of_code_is_python(what: str, chosen: Filter | None, ids: list[str]):
    code = code_of_batch(what, ids, chosen, PROXY)
    compile(code, "cell", "exec")
    assert "hunter2" not in code
    assert ("matching(" in code) == (chosen is not None)
