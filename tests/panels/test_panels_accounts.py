"""The accounts panel: what it shows, and what it does to one account."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from accounts_panel import PROXY, SECRET, do, fill, panel, shown, studio, wire

from sora_kit import Studio
from sora_kit.accounts.search import matching
from sora_kit.backends.base import AccountUnfit, QuotaExhausted
from sora_kit.panels import Accounts

__all__ = ("panel", "studio", "wire")  # fixtures


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
        began = time.thread_time()  # other processes do not count
        do(panel, "find", filter={}, page=page)
        took.append(time.thread_time() - began)
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
