"""Adding, editing, importing and exporting; and that no secret is ever seen."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from accounts_pool import VIDEO, Clock, filled

from sora_kit.accounts import KEEP, Accounts
from sora_kit.backends.base import TransportFailed
from sora_kit.errors import InvalidInput, NotFound


def jwt(**claims: object) -> str:
    """An access token that says these things."""
    profile = {"email": claims.pop("email", "a@example.com")}
    auth = {"chatgpt_user_id": claims.pop("user", "user-1"), "chatgpt_plan_type": claims.pop("plan", "plus")}
    body = {"https://api.openai.com/profile": profile, "https://api.openai.com/auth": auth, **claims}
    raw = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{raw}.c2lnbmF0dXJl"


def test_a_token_tells_who_it_is(pool: Accounts, clock: Clock) -> None:
    one = pool.add("sora_web", access_token=jwt(email="A@Example.com", exp=clock.now + 900, iat=clock.now))
    assert (one.email, one.label, one.user) == ("a@example.com", "a@example.com", "user-1")
    assert (one.plan, one.expires, one.state) == ("chatgpt_plus", clock.now + 900, "ready")
    assert (one.image_cap, one.video_cap, one.quota, one.onboarded) == (1, 3, None, None)
    assert one.access_token.startswith("eyJh…")
    assert one.has_access_token
    assert not one.renewable


@pytest.mark.parametrize("token", ["a.b.c", "é.ü.ß", "eyJ.W10.x", "..", "a." + "QQ" * 5000 + ".b"])
def test_any_text_may_be_a_token(pool: Accounts, token: str) -> None:
    one = pool.add("sora_web", access_token=token)
    assert (one.email, one.expires) == ("", None)
    assert pool.login(one.id).secrets["access_token"] == token


def test_the_same_account_again_is_updated(pool: Accounts) -> None:
    first = pool.add("sora_web", access_token=jwt(), remark="mine", video_cap=2)
    renewed = pool.add("sora_web", access_token=jwt(jti="another"), session_token="s" * 30)
    assert renewed.id == first.id
    assert (renewed.remark, renewed.video_cap, renewed.has_session_token) == ("mine", 2, True)
    by_token = pool.add("sora_web", session_token="s" * 30, remark="yours")
    assert (by_token.id, by_token.remark, by_token.has_access_token) == (first.id, "yours", True)
    assert pool.add("other", session_token="s" * 30).id != first.id


def test_two_workspaces_of_one_email_stay_two(pool: Accounts) -> None:
    """C-40: an import by e-mail used to merge them."""
    one = pool.add("sora_web", access_token=jwt(user="user-1"))
    two = pool.add("sora_web", access_token=jwt(user="user-2"))
    assert one.id != two.id
    unknown = pool.add("sora_web", session_token="s" * 30, email="a@example.com")
    assert unknown.id not in (one.id, two.id), "it could be either of them"
    assert pool.add("sora_web", session_token="t" * 30, email="A@example.com ").id == unknown.id
    assert len(pool.list()) == 3


def test_editing_changes_what_is_given_and_nothing_else(pool: Accounts) -> None:
    """C-40: giving one limit used to reset the other, and nothing could be cleared."""
    one = pool.add(
        "sora_web", access_token="a" * 30, refresh_token="r" * 30, client_id="app", remark="x",
        image_cap=2, video_cap=5, proxy="http://me:pw@p.example:1",
    )  # fmt: skip
    now = pool.edit(one.id, video_cap=4)
    assert (now.image_cap, now.video_cap, now.remark, now.client_id) == (2, 4, "x", "app")
    now = pool.edit(one.id, remark="", client_id=None, refresh_token="", proxy="", image_cap=KEEP)
    assert (now.remark, now.client_id, now.has_refresh_token, now.proxy) == ("", "", False, "")
    assert (now.image_cap, now.has_access_token) == (2, True)
    assert pool.edit(one.id, image_cap=None).image_cap == -1
    assert pool.edit(one.id, label="Main").label == "Main"
    assert pool.export_accounts(secrets=True)[0]["proxy_url"] is None
    with pytest.raises(InvalidInput, match="Nothing would be left"):
        pool.edit(one.id, access_token="")
    assert pool.login(one.id).secrets == {"access_token": "a" * 30}
    with pytest.raises(NotFound, match="acc_nope"):
        pool.edit("acc_nope", remark="x")


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"access_token": " "}, {"access_token": "eyJh…x9Qk"}, {"access_token": "a\x00b"},
        {"access_token": 5},
        {"access_token": "x", "video_cap": "many"}, {"access_token": "x", "video_cap": 5000},
        {"access_token": "x", "proxy": "proxy.example:8080"}, {"access_token": "x", "proxy": "ftp://x"},
        {"access_token": "x", "write_headers": ["a"]}, {"access_token": "x", "colour": "red"},
        {"access_token": "x" * 20_000}, {"remark": "no credential"},
    ],
)  # fmt: skip
def test_what_cannot_be_an_account_is_refused_whole(pool: Accounts, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        pool.add("sora_web", **wrong)
    assert caught.value.fix
    assert pool.list() == []
    assert pool.events() == []


def test_accounts_are_found_by_id_label_or_email(pool: Accounts) -> None:
    one = pool.add("sora_web", access_token=jwt(user="1"), label="Main")
    two = pool.add("sora_web", access_token=jwt(user="2"))
    assert pool.find("Main").id == pool.find(one.id).id == one.id
    assert pool.find(two.id) == two
    with pytest.raises(InvalidInput, match=one.id):
        pool.find("a@example.com")
    with pytest.raises(NotFound, match="nobody"):
        pool.find("nobody")


def test_every_change_has_an_event(pool: Accounts, clock: Clock) -> None:
    (one,) = filled(pool, 1)
    clock.move(60)
    pool.edit(one, remark="x", video_cap=2)
    pool.edit(one, remark="x")
    pool.disable(one)
    pool.disable(one)
    pool.enable(one)
    pool.remove(one)
    events = list(reversed(pool.events(one)))
    assert [event.what for event in events] == ["added", "updated", "disabled", "enabled", "removed"]
    assert events[1].cause == "Edited: remark, video cap"
    assert events[1].time == clock.now
    assert pool.events(limit=2) == pool.events(one)[:2]


def test_disabled_ones_are_removed_together(pool: Accounts) -> None:
    one, two, three = filled(pool, 3)
    pool.disable(one)
    pool.disable(three)
    assert pool.remove_disabled() == [one, three]
    assert [account.id for account in pool.list()] == [two]


ROWS = [
    {
        "email": "a@example.com", "access_token": "at-1" + "x" * 30, "session_token": "st-1" + "x" * 30,
        "refresh_token": None, "client_id": None, "proxy_url": "socks5://me:pw@p.example:1080",
        "remark": "one",
        "is_active": True, "image_enabled": True, "video_enabled": False, "image_concurrency": -1,
        "video_concurrency": 2,
    },
    {"email": "b@example.com", "access_token": "at-2" + "x" * 30, "is_active": False, "video_concurrency": 0},
]  # fmt: skip


def test_an_export_of_the_reference_is_read_as_it_is(pool: Accounts) -> None:
    results = pool.import_accounts(json.dumps(ROWS))
    assert [(r.row, r.outcome, r.label) for r in results] == [
        (1, "added", "a@example.com"),
        (2, "added", "b@example.com"),
    ]
    one, two = pool.list()
    assert (one.remark, one.image_cap, one.video_cap, one.video_enabled) == ("one", -1, 2, False)
    assert (two.enabled, two.video_cap, two.image_cap) == (False, -1, 1)
    assert pool.login(one.id).proxy == "socks5://me:pw@p.example:1080"
    assert [r.outcome for r in pool.import_accounts(ROWS)] == ["updated", "updated"]
    assert len(pool.list()) == 2
    usable = Accounts(pool.database, pool.secrets)
    usable.edit(one.id, video_enabled=True)
    assert usable.lease("s", VIDEO) is not None, "an offline import can be used at once (C-30)"


def test_an_export_is_read_back(pool: Accounts, empty: Path, tmp_path: Path) -> None:
    import shutil

    from accounts_pool import opened

    pool.import_accounts(ROWS)
    pool.edit(pool.find("a@example.com").id, write_headers={"x-more": "secret-value"}, device_id="d-1")
    pool.ensure_local("animatic")
    rows = pool.export_accounts(secrets=True)
    assert rows[0]["access_token"] == ROWS[0]["access_token"]
    assert rows[0]["write_headers"] == {"x-more": "secret-value"}
    shutil.copytree(empty, tmp_path / "other")
    other = opened(tmp_path / "other")
    assert [r.outcome for r in other.import_accounts(json.dumps(rows))] == ["added", "added"]
    assert other.export_accounts(secrets=True) == rows
    other.database.close()
    masked = pool.export_accounts()
    assert "xxxx" not in json.dumps(masked).replace("\\u2026xxxx", "")
    failed = pool.import_accounts(masked)
    assert {(r.outcome, "masked" in r.why) for r in failed} == {("failed", True)}


def test_one_bad_row_stops_nothing(pool: Accounts) -> None:
    rows = [
        ROWS[0], "text", 5, None, {"email": "no-token@example.com"},
        {"access_token": "t" * 30, "video_concurrency": "lots"}, {"access_token": {"a": 1}},
        {"access_token": "u" * 30, "is_active": "perhaps"}, ROWS[1],
    ]  # fmt: skip
    results = pool.import_accounts(json.dumps(rows))
    assert [r.outcome for r in results] == ["added", *["failed"] * 7, "added"]
    assert all(r.why for r in results if r.outcome == "failed")
    assert results[4].label == "no-token@example.com"
    assert len(pool.list()) == 2


def test_lists_of_tokens(pool: Accounts) -> None:
    text = f"# mine\n\n{jwt(user='x')}\n{'eyJhbGciOiJkaXIifQ..a.b.c'}\nrt_{'r' * 30}\n???\n"
    results = pool.import_accounts(text, client_id="app", video_cap=7)
    assert [(r.row, r.outcome) for r in results] == [
        (3, "added"), (4, "added"), (5, "added"), (6, "failed"),
    ]  # fmt: skip
    assert "at, st or rt" in results[3].why
    accounts = pool.list()
    assert [(a.has_access_token, a.has_session_token, a.has_refresh_token) for a in accounts] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    assert {a.video_cap for a in accounts} == {7}, "C-40: lists of refresh tokens never set limits"
    assert [r.outcome for r in pool.import_accounts("???-opaque-token\n", mode="rt")] == ["added"]
    named = {"refresh_tokens": ["rt_" + "z" * 30]}
    assert [r.outcome for r in pool.import_accounts(json.dumps(named))] == ["added"]


def test_modes_say_what_each_row_has(pool: Accounts) -> None:
    assert [r.outcome for r in pool.import_accounts(ROWS, mode="st")] == ["added", "failed"]
    with pytest.raises(InvalidInput, match="offline, at, st, rt"):
        pool.import_accounts(ROWS, mode="xx")
    for broken in ("[{", "{'a': 1}", "[1, 2", '{"tokens": 5}'):
        with pytest.raises(InvalidInput):
            pool.import_accounts(broken)
    assert pool.import_accounts("") == []


SECRET = "PlantedSecret0123456789abcdefghijKLMNOP"


def test_no_secret_is_ever_seen(pool: Accounts, workspace: Path) -> None:
    """C-16: tokens used to lie in the database, in answers and in logs as they are."""
    kinds = ("access_token", "session_token", "refresh_token", "api_key")
    planted = {kind: f"{kind}-{SECRET}" for kind in kinds}
    one = pool.add(
        "sora_web", **planted, proxy=f"http://me:{SECRET}@p.example:1",
        write_headers={"x-more": SECRET}, remark="r", client_id="app",
    )  # fmt: skip
    pool.set_global_proxy(f"socks5://me:{SECRET}@q.example:2")
    pool.failed(one.id, TransportFailed(f"Bearer {SECRET} failed", why=f"http://me:{SECRET}@p.example:1"))
    pool.edit(one.id, session_token=f"other-{SECRET}")
    login = pool.login(one.id)
    assert login.secrets["session_token"] == f"other-{SECRET}"
    assert login.settings["write_headers"] == {"x-more": SECRET}
    results = pool.import_accounts([{"access_token": f"at {SECRET}", "video_concurrency": SECRET}])
    with pytest.raises(InvalidInput) as caught:
        pool.edit(one.id, proxy=f"nonsense://{SECRET} {SECRET}")
    seen = [
        repr(pool), repr(pool.get(one.id)), repr(login), pool.table().to_csv(), repr(pool.events()),
        json.dumps(pool.get(one.id).to_json()), json.dumps(pool.export_accounts()), repr(results),
        str(caught.value), repr(caught.value), repr(pool.secrets), repr(pool.secrets.__dict__.keys()),
    ]  # fmt: skip
    assert not [text for text in seen if SECRET in text]
    pool.database.close()
    stored = b"".join(path.read_bytes() for path in workspace.rglob("*") if path.is_file())
    assert SECRET.encode() not in stored
    assert base64.b64encode(SECRET.encode())[4:-4] not in stored


def test_the_global_proxy_is_for_those_without_one(pool: Accounts) -> None:
    one, two = filled(pool, 2)
    pool.edit(one, proxy="http://own.example:1")
    pool.set_global_proxy("socks5://all.example:2")
    assert pool.login(one).proxy == "http://own.example:1"
    assert pool.login(two).proxy == "socks5://all.example:2"
    pool.set_global_proxy("")
    assert pool.login(two).proxy == ""
    with pytest.raises(InvalidInput, match="socks5"):
        pool.set_global_proxy("just words")


def test_the_table_has_types(pool: Accounts, clock: Clock) -> None:
    assert list(pool.table()["state"]) == []
    pool.add("sora_web", access_token=jwt(exp=clock.now + 900))
    frame = pool.table()
    assert frame["expires"].dt.tz is not None
    assert frame.loc[0, "state"] == "ready"
    assert repr(pool) == "Accounts(1 ready)"
