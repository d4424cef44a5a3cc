"""Secrets at rest: sealed, bound to their row, and never lost to a wrong key or a crash."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import types
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts_pool import VIDEO, filled, opened

from sora_kit.accounts import Accounts
from sora_kit.errors import WorkspaceError
from sora_kit.store import Workspace, secret_keys
from sora_kit.store.secrets import Secrets, SecretsLocked
from sora_kit.store.tables import account

ENVIRONMENT = "SORA_KIT_SECRET_KEY"
LONG = "a long text of the owner's choice"


def token(pool: Accounts, which: str) -> str:
    return pool.login(which).secrets["access_token"]


def test_opening_a_workspace_makes_no_key(workspace: Path) -> None:
    pool = opened(workspace)
    pool.ensure_local("animatic")
    pool.list()
    assert not (workspace / "secret.key").exists()
    filled(pool, 1)
    assert (workspace / "secret.key").exists()
    if sys.platform != "win32":
        assert stat.S_IMODE((workspace / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in workspace.glob("*.part")] == []


def test_a_sealed_text_opens_in_its_own_row_only(pool: Accounts) -> None:
    one, two = filled(pool, 2)
    with pool.database.write() as connection:
        sealed = connection.execute(sa.select(account.c.secrets).where(account.c.id == one)).scalar_one()
        connection.execute(sa.update(account).where(account.c.id == two).values(secrets=sealed))
    with pytest.raises(SecretsLocked, match="another account"):
        pool.login(two)
    assert token(pool, one)
    version, key, box = sealed.split(".")
    for wrong in (f"{version}.{key}.{box[:-8]}AAAAAAA=", f"{version}.{key}.x", f"9.{key}.{box}", "nonsense"):
        with pool.database.write() as connection:
            connection.execute(sa.update(account).where(account.c.id == one).values(secrets=wrong))
        with pytest.raises(SecretsLocked) as caught:
            pool.login(one)
        assert caught.value.fix


def test_a_missing_key_says_what_to_do_and_loses_nothing(pool: Accounts, workspace: Path) -> None:
    (one,) = filled(pool, 1)
    (workspace / "secret.key").rename(workspace / "away")
    later = opened(workspace)
    with pytest.raises(SecretsLocked, match=r"secret\.key.*Put it back.*rotate-key --lost"):
        later.login(one)
    with pytest.raises(SecretsLocked):
        later.edit(one, remark="x", session_token="s" * 30)
    assert later.get(one).remark == ""
    with pytest.raises(SecretsLocked):
        later.add("sora_web", access_token="another")
    assert not (workspace / "secret.key").exists(), "no second key is begun"
    later.edit(one, remark="a note needs no key")
    (workspace / "away").rename(workspace / "secret.key")
    assert token(opened(workspace), one) == token(pool, one)


def test_a_wrong_key_in_the_environment_says_so(
    pool: Accounts, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = filled(pool, 1)
    (workspace / "secret.key").rename(workspace / "away")
    monkeypatch.setenv(ENVIRONMENT, LONG)
    with pytest.raises(SecretsLocked, match=f"{ENVIRONMENT} holds another key") as caught:
        opened(workspace).login(one)
    assert LONG not in str(caught.value)
    monkeypatch.setenv(ENVIRONMENT, "short")
    with pytest.raises(SecretsLocked, match="at least 16 characters"):
        opened(workspace).login(one)


def test_the_key_may_come_from_the_environment(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, LONG)
    pool = opened(workspace)
    (one,) = filled(pool, 1)
    assert not (workspace / "secret.key").exists()
    assert token(opened(workspace), one)
    with pytest.raises(SecretsLocked, match="comes from the environment.*--new"):
        pool.secrets.rotate()
    assert pool.secrets.rotate("another text of the owner's choice") == 1
    with pytest.raises(SecretsLocked, match="another key"):
        opened(workspace).login(one)
    monkeypatch.setenv(ENVIRONMENT, "another text of the owner's choice")
    assert token(opened(workspace), one)


def test_without_a_folder_only_the_environment_will_do(pool: Accounts) -> None:
    bare = Accounts(Workspace(pool.database.url.removeprefix("sqlite:///").rsplit("/", 1)[0] + "2").database)
    with pytest.raises(WorkspaceError, match=ENVIRONMENT):
        bare.add("sora_web", access_token="x")


def test_rotation_changes_every_sealed_text(pool: Accounts, workspace: Path) -> None:
    ids = filled(pool, 3)
    pool.set_global_proxy("http://me:pw@p.example:1")
    with pool.database.read() as connection:
        before = set(connection.execute(sa.select(account.c.secrets)).scalars())
    old_key = (workspace / "secret.key").read_text()
    assert pool.secrets.rotate() == 4
    with pool.database.read() as connection:
        after = set(connection.execute(sa.select(account.c.secrets)).scalars())
    assert not before & after
    assert (workspace / "secret.key").read_text() != old_key
    fresh = opened(workspace)
    assert [token(fresh, one)[:7] for one in ids] == ["token-0", "token-1", "token-2"]
    assert fresh.global_proxy() == "http://me:pw@p.example:1"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_in_a_rotation_leaves_a_workspace_that_opens(
    pool: Accounts, workspace: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    (one,) = filled(pool, 1)
    wanted = token(pool, one)

    def crash(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if when == "before":
            patch.setattr(Secrets, "write_note", crash)  # the last step of the transaction
        else:
            patch.setattr(secret_keys.Places, "settle", crash)  # the first step behind it
        with pytest.raises(KeyboardInterrupt):
            pool.secrets.rotate()
    assert (workspace / "secret.key.next").exists()
    assert token(opened(workspace), one) == wanted
    # a second rotation must not write over the only copy of the key in use, even if it crashes, too
    with monkeypatch.context() as patch:
        patch.setattr(Secrets, "write_note", crash)
        with pytest.raises(KeyboardInterrupt):
            opened(workspace).secrets.rotate()
    assert token(opened(workspace), one) == wanted
    opened(workspace).secrets.rotate()
    assert token(opened(workspace), one) == wanted
    assert not (workspace / "secret.key.next").exists()


def test_a_key_that_is_gone_can_be_given_up(pool: Accounts, workspace: Path) -> None:
    one, two = filled(pool, 2)
    (workspace / "secret.key").unlink()
    later = opened(workspace)
    with pytest.raises(SecretsLocked):
        later.secrets.rotate()
    assert later.rotate_key(lost=True) == 0
    assert later.login(one).secrets == {}
    assert (later.get(one).state, later.get(one).has_access_token) == ("expired", False)
    assert later.lease("s", VIDEO) is None
    later.edit(two, access_token="given anew")
    assert token(opened(workspace), two) == "given anew"


def test_processes_agree_on_one_first_key(workspace: Path, empty: Path) -> None:
    shutil.copytree(empty, workspace)
    (workspace / "secret.key").unlink()
    with Workspace(workspace).database.write() as connection:
        connection.execute(sa.text("delete from setting"))
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from accounts_pool import opened; p = opened(Path(sys.argv[1]));"
        "print(p.add('sora_web', access_token=sys.argv[3] * 30).id)"
    )
    here = str(Path(__file__).parent)
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(workspace), here, str(n)], stdout=subprocess.PIPE)
        for n in range(3)
    ]
    assert all(run.communicate(timeout=60)[0] for run in runs)
    pool = opened(workspace)
    assert {token(pool, one.id) for one in pool.list()} == {"0" * 30, "1" * 30, "2" * 30}


def test_the_keyring_is_used_where_there_is_one(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[tuple[str, str], str] = {}
    ring = types.ModuleType("keyring")
    ring.get_keyring = lambda: types.SimpleNamespace(priority=5)  # type: ignore[attr-defined]
    ring.get_password = lambda service, name: held.get((service, name))  # type: ignore[attr-defined]
    ring.set_password = lambda service, name, text: held.update({(service, name): text})  # type: ignore[attr-defined]
    ring.delete_password = lambda service, name: held.pop((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    pool = opened(workspace)
    (one,) = filled(pool, 1)
    assert not (workspace / "secret.key").exists()
    assert len(held) == 1
    assert token(opened(workspace), one)
    before = set(held)
    pool.secrets.rotate()
    assert len(held) == 1
    assert not before & set(held)
    assert token(opened(workspace), one)
    held.clear()
    with pytest.raises(SecretsLocked, match="OS keyring"):
        opened(workspace).login(one)
