"""``ruggesteun migrate``: a backup first, and nothing without one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import List

import pytest

from rasa_project import cli
from rasa_project.clock import utc_now
from rasa_project.operations import upgrade as upgrade_module
from rasa_project.operations.backup import restore
from rasa_project.operations.upgrade import UpgradeRefused, forget_backups, upgrade
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate, newest_revision, revision_of

OLD = "0005"


@pytest.fixture
def old(tmp_path: Path):
    """The URL of a database of an older release."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrate(url, OLD)
    engine_for(url).dispose()
    yield url
    engine_for(url).dispose()
    engine_for.cache_clear()


def backups(tmp_path: Path) -> List[Path]:
    return sorted(tmp_path.glob("x.db.before-*"))


def test_an_older_database_is_backed_up_and_the_way_back_is_the_backup(old, tmp_path):
    file = upgrade(old)
    assert [file] == backups(tmp_path)
    assert file.name.startswith(f"x.db.before-{OLD}-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert revision_of(old) == newest_revision()
    # Back to the older release: its tables stand in the backup as they were.
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (OLD,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # And to this one, from the same backup.
    engine_for(old).dispose()
    restore(old, file, force=True)
    assert revision_of(old) == newest_revision()


def test_a_new_database_and_one_that_is_up_to_date_need_none(tmp_path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    assert upgrade(url) is None
    assert upgrade(url) is None
    assert backups(tmp_path) == []


def test_the_command_tells_where_it_is_and_can_go_without(old, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", old)
    assert cli.main(["migrate"]) == 0
    said = capsys.readouterr().out
    assert str(backups(tmp_path)[0]) in said
    assert "delete it when the new version works" in said
    assert cli.main(["migrate"]) == 0
    assert len(backups(tmp_path)) == 1


def test_without_a_backup_on_request(old, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", old)
    assert cli.main(["migrate", "--no-backup"]) == 0
    assert backups(tmp_path) == []
    assert revision_of(old) == newest_revision()
    assert "up to date" in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_when_the_backup_can_not_be_made_nothing_is_changed(old, tmp_path, monkeypatch, capsys):
    # A name below a file: as when the disk is full or shut.
    monkeypatch.setattr(
        upgrade_module, "_file_for", lambda _url, _revision: tmp_path / "x.db" / "backup"
    )
    with pytest.raises(UpgradeRefused, match="--no-backup"):
        upgrade(old)
    assert revision_of(old) == OLD
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", old)
    assert cli.main(["migrate"]) == 1
    error = capsys.readouterr().err
    assert "Nothing is changed" in error
    assert error.count("\n") == 1


def test_a_newer_database_is_refused_in_one_sentence(old, tmp_path, monkeypatch, capsys):
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", old)
    for command in (["migrate", "--no-backup"], ["migrate"]):
        assert cli.main(command) == 1
        error = capsys.readouterr().err
        assert "was made by a newer Ruggesteun" in error
        assert "install that version" in error
        assert error.count("\n") == 1
    assert backups(tmp_path) == [], "nothing is upgraded, so nothing is to be backed up"


def test_such_backups_do_not_outlive_what_was_erased(old, tmp_path):
    file = upgrade(old)
    other = tmp_path / "my-own.backup"
    shutil.copy(file, other)
    assert forget_backups(old, 30) == []
    long_ago = (utc_now() - timedelta(days=31)).timestamp()
    os.utime(file, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    assert forget_backups(old, 30) == [file]
    assert (file.exists(), other.exists()) == (False, True)


@pytest.mark.postgres
def test_postgresql_is_backed_up_by_its_own_program(new_postgres, tmp_path, monkeypatch):
    monkeypatch.setattr(upgrade_module, "PROJECT", tmp_path)
    migrate(new_postgres, OLD)
    file = upgrade(new_postgres)
    assert file.parent == tmp_path / "var"
    assert file.read_bytes().startswith(b"PGDMP")
    assert revision_of(new_postgres) == newest_revision()
    engine_for(new_postgres).dispose()
    engine_for.cache_clear()
