"""A workspace goes into a file and comes back equal; what is damaged or hostile changes nothing."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.errors import InvalidInput
from sora_kit.store import Attempts, Clip, Workspace
from sora_kit.store.archive import PARTS
from sora_kit.store.backup import export
from sora_kit.store.ids import new_id, new_token
from sora_kit.store.restore import restore
from sora_kit.store.sealing import open_box, seal_box
from sora_kit.store.tables import METADATA, account_event, clip, job

PASSPHRASE = "five plain random words here"
TOKEN = "aZ7-a-secret-session-token-of-an-account"


def rows(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """Everything that a backup carries, in order."""
    found = {}
    with workspace.database.read() as connection:
        for part in PARTS:
            names = [c for c in part.table.c if c.name not in part.without | {"updated"}]
            query = sa.select(*names).order_by(*part.table.primary_key)
            found[part.table.name] = [dict(row) for row in connection.execute(query).mappings()]
    found["setting"] = [row for row in found["setting"] if not row["name"].startswith("secrets.")]
    return found


def media(workspace: Workspace) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in workspace.media.folder.rglob("*.*")
        if path.is_file()
    }


def copied(workspace: Workspace, source: Clip) -> str:
    """A remix of a clip that looks like it: its rows, without the drawing, which takes long."""
    ids = {"job": new_id("job"), "clip": new_id("clip")}
    with workspace.database.write() as connection:
        for table, old in ((job, source.job), (clip, source.id)):
            row = dict(connection.execute(sa.select(table).where(table.c.id == old)).mappings().one())
            row |= {"id": ids[table.name], "parent": source.id, "created": row["created"] + 1}
            if table is job:
                row |= {"kind": "remix", "key": None, "clips": [ids["clip"]]}
            else:
                row |= {"job": ids["job"], "token": new_token(), "prompt": "the kite is blue"}
            connection.execute(sa.insert(table).values(row))
    return ids["clip"]


@pytest.fixture(scope="module")
def made(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a picture, a clip and its remix, an account and what belongs to them."""
    folder = tmp_path_factory.mktemp("backup") / "workspace"
    with Studio(folder) as studio:
        picture = studio.image("A lighthouse in fog", seed=1).result(timeout=90)
        first = studio.video("A red kite", model="sora-2", seconds=4, image=picture.file, seed=2)
        second = copied(studio.workspace, first.result(timeout=90))
        studio.settings.set("log.keep_rows", 77)
        studio.keys.create("laptop")
        one = studio.accounts.add("sora_web", session_token=TOKEN, email="ann@example.org", remark="hers")
        Attempts(studio.workspace.database).add(first.id, 0, one.id, "overloaded", "busy")
        with studio.workspace.database.write() as connection:
            connection.execute(sa.update(clip).where(clip.c.id == second).values(account=one.id))
    return folder


@pytest.fixture(scope="module")
def backup(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "film.zip"
    export(Workspace(made), path)
    return path


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "fresh")


def test_everything_is_equal_after_a_round_trip(made: Path, backup: Path, fresh: Workspace) -> None:
    report = restore(fresh, backup)
    before, after = rows(Workspace(made)), rows(fresh)
    assert before.pop("api_key")
    assert not after.pop("api_key")
    assert after == before
    assert media(fresh) == media(Workspace(made))
    assert report.counts["clips"] == 3
    assert report.counts["media"] == len(media(fresh))


def test_clips_play_afterwards(backup: Path, tmp_path: Path) -> None:
    with Studio(tmp_path / "other") as studio:
        assert studio.import_(backup).counts["clips"] == 3
        server = studio.serve(port=0)
        remix = next(one for one in studio.clips() if one.parent)
        assert studio.clip(remix.parent).prompt == "A red kite"
        assert studio.job(remix.job).result(timeout=5) == remix
        answer = httpx.get(remix.url, headers={"range": "bytes=0-99"})
        assert (answer.status_code, len(answer.content)) == (206, 100)
        assert server.url in studio.results()["video"].iloc[0]


def test_twice_changes_nothing(backup: Path, fresh: Workspace) -> None:
    restore(fresh, backup)
    with fresh.database.read() as connection:
        whole = {t.name: connection.execute(sa.select(t)).all() for t in METADATA.sorted_tables}
    report = restore(fresh, backup)
    assert not any(report.counts.values())
    with fresh.database.read() as connection:
        assert whole == {t.name: connection.execute(sa.select(t)).all() for t in METADATA.sorted_tables}


def test_it_merges_and_never_overwrites(backup: Path, fresh: Workspace, made: Path) -> None:
    restore(fresh, backup)
    with fresh.database.write() as connection:
        kept = connection.execute(sa.select(clip.c.id).order_by(clip.c.id)).scalars().first()
        connection.execute(sa.update(clip).where(clip.c.id == kept).values(prompt="changed here"))
        connection.execute(sa.delete(clip).where(clip.c.id != kept))
        connection.execute(sa.text("update setting set value = '5' where name = 'log.keep_rows'"))
    assert restore(fresh, backup).counts["clips"] == 2
    assert {row["prompt"] for row in rows(fresh)["clip"] if row["id"] == kept} == {"changed here"}
    assert ("log.keep_rows", 5) in [(row["name"], row["value"]) for row in rows(fresh)["setting"]]


def test_unfinished_jobs_stay_behind(made: Path, tmp_path: Path, fresh: Workspace) -> None:
    import shutil

    copied = tmp_path / "copied"
    shutil.copytree(made, copied)
    workspace = Workspace(copied)
    with workspace.database.write() as connection:
        some = connection.execute(sa.select(job.c.id)).scalars().first()
        connection.execute(sa.update(job).where(job.c.id == some).values(state="running"))
    report = export(workspace, tmp_path / "x.zip")
    assert report.skipped == {"unfinished jobs": 1}
    restore(fresh, tmp_path / "x.zip")
    assert some not in [row["id"] for row in rows(fresh)["job"]]


def test_a_part_of_it(made: Path, tmp_path: Path, fresh: Workspace) -> None:
    workspace = Workspace(made)
    moments = sorted(row["created"] for row in rows(workspace)["clip"])
    assert export(workspace, tmp_path / "late.zip", since=moments[-1]).counts["clips"] == 1
    export(workspace, tmp_path / "list.zip", media=False)
    assert not any(name.startswith("media/") for name in zipfile.ZipFile(tmp_path / "list.zip").namelist())
    report = restore(fresh, tmp_path / "list.zip")
    assert report.skipped == {"clips without their media": 3}
    assert report.counts["jobs"] == 3
    export(workspace, tmp_path / "keys.zip", keys=True, log=True)
    assert restore(fresh, tmp_path / "keys.zip").counts["keys"] == 1


def test_accounts_travel_sealed_and_keep_their_owners(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "with.zip"
    with Studio(made, role="client") as studio:
        studio.export(path, accounts=True, passphrase=PASSPHRASE)
        with pytest.raises(InvalidInput, match="shorter"):
            studio.export(tmp_path / "weak.zip", accounts=True, passphrase="short")
    assert not (tmp_path / "weak.zip").exists()
    with zipfile.ZipFile(path) as archive:
        assert not any(TOKEN.encode() in archive.read(name) for name in archive.namelist())
        assert not any(b"ann@example.org" in archive.read(name) for name in archive.namelist())
    with Studio(tmp_path / "other") as studio:
        mine = studio.accounts.add("sora_web", session_token=TOKEN)  # the same account, another id
        with pytest.raises(InvalidInput) as caught:
            studio.import_(path, passphrase="another passphrase")
        assert caught.value.code == "wrong_passphrase"
        assert studio.count_clips() == 0
        report = studio.import_(path, passphrase=PASSPHRASE)
        assert report.counts["accounts"] == 0
        assert {row["account"] for row in rows(studio.workspace)["clip"]} == {"", mine.id}
    with Studio(tmp_path / "third") as studio:
        assert studio.import_(path).skipped == {"sealed accounts (no passphrase was given)": 1}
        assert studio.import_(path, passphrase=PASSPHRASE).counts["accounts"] == 1
        (one,) = [one for one in studio.accounts.list() if one.backend == "sora_web"]
        assert studio.accounts.private(one.id)["session_token"] == TOKEN
        assert (one.remark, one.email, one.state) == ("hers", "ann@example.org", "ready")
        assert studio.attempts(studio.jobs_table.latest(owner="")[-2].id)[0].label == one.label
        assert studio.import_(path, passphrase=PASSPHRASE).counts["accounts"] == 0


def test_a_box_opens_with_its_passphrase_only() -> None:
    box = seal_box(b"data", PASSPHRASE)
    assert open_box(box, PASSPHRASE) == b"data"
    told = json.loads(box)
    for change in ({"n": 2**30}, {"n": 3}, {"p": 50}, {"nonce": ""}, {"box": "!"}, {"kdf": "none"}):
        with pytest.raises(InvalidInput):
            open_box(json.dumps(told | change).encode(), PASSPHRASE)
    with pytest.raises(InvalidInput):
        open_box(b"[]", PASSPHRASE)


# -- damaged and hostile files

Change = Callable[[dict[str, bytes]], None]


def changed_line(file: str, **values: Any) -> Change:
    """A change of the first row of a table, with a manifest that agrees."""

    def change(entries: dict[str, bytes]) -> None:
        lines = entries[file].splitlines(keepends=True)
        row = json.loads(lines[0])
        row |= values
        lines[0] = json.dumps({k: v for k, v in row.items() if v != "absent"}).encode() + b"\n"
        entries[file] = b"".join(lines)
        told = json.loads(entries["manifest.json"])
        told["sha256"][file] = hashlib.sha256(entries[file]).hexdigest()
        entries["manifest.json"] = json.dumps(told).encode()

    return change


def manifest(**values: Any) -> Change:
    def change(entries: dict[str, bytes]) -> None:
        entries["manifest.json"] = json.dumps(json.loads(entries["manifest.json"]) | values).encode()

    return change


def added(name: str, data: bytes = b"x") -> Change:
    return lambda entries: entries.update({name: data})


def removed(name: str) -> Change:
    return lambda entries: entries.pop(name) and None


def other_content(entries: dict[str, bytes]) -> None:
    name = next(name for name in entries if name.endswith(".mp4"))
    entries[name] = entries[name][:-1] + bytes([entries[name][-1] ^ 1])


def a_page_as_video(entries: dict[str, bytes]) -> None:
    data = b"<!doctype html><script>alert(1)</script>"
    sha = hashlib.sha256(data).hexdigest()
    entries[f"media/{sha}.mp4"] = data
    changed_line("clips.jsonl", sha256=sha, ext="mp4", mime="video/mp4")(entries)


HOSTILE: dict[str, Change] = {
    "climbs": added("../../evil.txt"),
    "climbs with backslashes": added("media\\..\\evil.txt"),
    "is absolute": added("/etc/evil"),
    "has a drive": added("C:/evil"),
    "holds a stranger": added("readme.txt"),
    "holds a file for nobody": added(
        f"media/{hashlib.sha256(bytes([0x89]) + b'PNG' + bytes([13, 10, 26, 10])).hexdigest()}.png",
        bytes([0x89]) + b"PNG" + bytes([13, 10, 26, 10]),
    ),
    "has a bomb": added("log.jsonl", b" " * 30_000_000),
    "has no manifest": removed("manifest.json"),
    "lacks a table": removed("clips.jsonl"),
    "has an odd manifest": added("manifest.json", b'{"format": "x"}'),
    "has a nested manifest": added("manifest.json", b"[" * 100_000),
    "other content": other_content,
    "a page as video": a_page_as_video,
    "a path as digest": changed_line("clips.jsonl", sha256="../../../../../../evil"),
    "a path as extension": changed_line("clips.jsonl", ext="/../x"),
    "a page as type": changed_line("clips.jsonl", mime="text/html"),
    "an odd id": changed_line("clips.jsonl", id="clip_../x"),
    "a running job": changed_line("jobs.jsonl", state="running"),
    "a strange kind": changed_line("jobs.jsonl", kind="shell"),
    "no request": changed_line("jobs.jsonl", request={"prompt": 5}),
    "a list as prompt": changed_line("clips.jsonl", prompt=["x"]),
    "a huge number": changed_line("jobs.jsonl", seed=2**70),
    "no number": changed_line("jobs.jsonl", created=float("nan")),
    "a missing column": changed_line("jobs.jsonl", prompt="absent"),
    "a long text": changed_line("jobs.jsonl", model="m" * 65),
    "a NUL": changed_line("jobs.jsonl", prompt="a\x00b"),
    "clips of another kind": changed_line("jobs.jsonl", clips={"a": 1}),
    "another digest": manifest(sha256={}),
    "no JSON": added("jobs.jsonl", b"{nonsense\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_changes_nothing(name: str, backup: Path, fresh: Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        entries = {one: archive.read(one) for one in archive.namelist()}
    HOSTILE[name](entries)
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, data in entries.items():
            archive.writestr(one, data)
    before = rows(fresh)
    with pytest.raises(InvalidInput) as caught:
        restore(fresh, bad)
    assert caught.value.fix
    assert rows(fresh) == before
    assert media(fresh) == {}
    assert list(fresh.media.scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "fresh"]


def test_a_newer_form_says_so(backup: Path, fresh: Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        entries = {one: archive.read(one) for one in archive.namelist()}
    manifest(format=99)(entries)
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for one, data in entries.items():
            archive.writestr(one, data)
    with pytest.raises(InvalidInput, match="newer") as caught:
        restore(fresh, tmp_path / "new.zip")
    assert caught.value.code == "backup_too_new"


def test_a_cut_file_is_refused(backup: Path, fresh: Workspace, tmp_path: Path) -> None:
    data = backup.read_bytes()
    for length in (0, 100, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.zip").write_bytes(data[:length])
        with pytest.raises(InvalidInput):
            restore(fresh, tmp_path / "cut.zip")
    with pytest.raises(InvalidInput, match="no file"):
        restore(fresh, tmp_path / "none.zip")
    assert rows(fresh)["job"] == []


def test_a_failure_at_the_very_end_leaves_nothing(
    backup: Path, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sora_kit.store import restore as module

    real = module.place

    def place(*given: Any) -> None:
        real(*given)
        raise RuntimeError("the power went")

    monkeypatch.setattr(module, "place", place)
    with pytest.raises(RuntimeError):
        restore(fresh, backup)
    assert rows(fresh)["job"] == []
    assert media(fresh) == {}


def test_a_backup_that_fails_leaves_the_one_before(made: Path, tmp_path: Path) -> None:
    (tmp_path / "film.zip").write_bytes(b"the one before")
    with pytest.raises(InvalidInput):
        export(Workspace(made), tmp_path / "film.zip", accounts=[], passphrase="short")
    assert (tmp_path / "film.zip").read_bytes() == b"the one before"
    with pytest.raises(InvalidInput):
        export(Workspace(made), tmp_path)
    with pytest.raises(InvalidInput):
        export(Workspace(made), tmp_path / "none" / "film.zip")


def test_events_of_accounts_are_not_doubled(made: Path, backup: Path, fresh: Workspace) -> None:
    restore(fresh, backup)
    restore(fresh, backup)
    with fresh.database.read() as connection:
        events = connection.execute(sa.select(account_event.c.what)).scalars().all()
    assert events.count("added") == 1
