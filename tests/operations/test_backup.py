"""What is backed up comes back exactly, and nothing is overwritten by mistake."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List

import pytest
import sqlalchemy as sa

from rasa_project import cli
from rasa_project.data_keys import NAME, new_key
from rasa_project.operations import postgres_backup
from rasa_project.operations.backup import back_up, restore
from rasa_project.operations.backup_errors import BackupError
from rasa_project.storage import keyring
from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import forget_keys
from tests import data_keys
from tests.data_keys import opened
from tests.privacy.filled import WORD, Filler, where_in_database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


def content(url: str) -> Dict[str, List[Any]]:
    """Every row of every table."""
    with engine_for(url).connect() as connection:
        return {
            table: sorted(map(str, connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()))
            for table in sa.inspect(connection).get_table_names()
        }


def refused(function: Any, *arguments: Any) -> str:
    with pytest.raises(BackupError) as caught:
        function(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def filled(database: str) -> str:
    filler = Filler(database)
    for number in range(5):
        filler.conversation(f"web:{number}", NOW)
    return database


def spoil(url: str) -> None:
    with engine_for(url).begin() as connection:
        connection.execute(sa.text("DROP TABLE events"))
        connection.execute(sa.text("DELETE FROM feedback"))
        connection.execute(sa.text("CREATE TABLE other (id INTEGER)"))


def test_what_is_restored_is_what_was_backed_up(filled, tmp_path):
    before = content(filled)
    assert WORD in str(before)
    file = tmp_path / "backups" / "ruggesteun.backup"
    assert back_up(filled, file) == file.stat().st_size > 1000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name], "nothing beside it"
    spoil(filled)
    restore(filled, file, force=True)
    after = content(filled)
    assert after.keys() - before.keys() <= {"other"}
    assert {table: rows for table, rows in after.items() if table != "other"} == before
    # It is usable: ids go on, and the audit still refuses changes.
    Filler(filled).conversation("web:new", NOW)
    with pytest.raises(sa.exc.SQLAlchemyError), engine_for(filled).begin() as connection:
        connection.execute(sa.text("DELETE FROM audit"))


def test_nothing_is_overwritten_without_force(filled, tmp_path):
    file = tmp_path / "x.backup"
    back_up(filled, file)
    before = content(filled)
    assert "--force" in refused(back_up, filled, file)
    assert "--force" in refused(restore, filled, file)
    assert content(filled) == before
    assert back_up(filled, file, True) > 0


def test_a_backup_goes_into_an_empty_database(filled, tmp_path, request):
    file = tmp_path / "x.backup"
    back_up(filled, file)
    if filled.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'new' / 'other.db'}"
    else:
        other = filled.rsplit("/", 1)[0] + "/" + "o" + filled.rsplit("/", 1)[1]
        admin = sa.create_engine(filled, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {other.rsplit('/', 1)[1]}"))
        admin.dispose()
    restore(other, file)
    assert content(other) == content(filled)
    engine_for(other).dispose()


def test_the_backup_of_another_kind_is_refused(filled, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"PGDMP" if filled.startswith("sqlite") else b"SQLite format 3\0")
    assert "is no backup of a" in refused(restore, filled, file, True)
    assert "can't be read" in refused(restore, filled, tmp_path / "nowhere", True)
    assert where_in_database(filled, WORD)


def test_a_damaged_backup_changes_nothing(filled, tmp_path):
    file = tmp_path / "x.backup"
    back_up(filled, file)
    before = content(filled)
    whole = file.read_bytes()
    damaged = [whole[: len(whole) // 2], whole[:200], whole[: len(whole) - 30]]
    if filled.startswith("sqlite"):
        damaged.append(whole[:4096] + b"\xff" * (len(whole) - 4096))
    for content_of_it in damaged:
        file.write_bytes(content_of_it)
        refused(restore, filled, file, True)
        assert content(filled) == before


def test_a_database_in_use_is_not_replaced(filled, tmp_path):
    file = tmp_path / "x.backup"
    back_up(filled, file)
    other = sa.create_engine(filled)
    with other.connect() as connection:
        connection.execute(sa.text("SELECT count(*) FROM conversation")).all()
        assert "stop the assistant" in refused(restore, filled, file, True)
    other.dispose()
    restore(filled, file, True)


def test_a_backup_is_made_while_others_write(filled, tmp_path):
    filler, began, stop = Filler(filled), threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            filler.rasa_events(f"web:busy-{number}", NOW)
            began.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert began.wait(20)
        for number in range(5):
            back_up(filled, tmp_path / f"{number}.backup")
    finally:
        stop.set()
        writer.join()
    restore(filled, tmp_path / "4.backup", True)
    assert where_in_database(filled, "web:busy-1")


def test_a_damaged_sqlite_database_can_be_replaced(sqlite_filled, tmp_path):
    url, path = sqlite_filled
    file = tmp_path / "x.backup"
    back_up(url, file)
    engine_for(url).dispose()
    path.write_bytes(b"no database any more " * 5000)
    assert "can't be backed up" in refused(back_up, url, tmp_path / "y.backup")
    assert not (tmp_path / "y.backup").exists()
    restore(url, file, True)
    assert where_in_database(url, WORD)


@pytest.fixture
def sqlite_filled(tmp_path):
    from rasa_project.storage.migrate import migrate

    path = tmp_path / "db" / "x.db"
    url = f"sqlite:///{path}"
    migrate(url)
    Filler(url).conversation("web:x", NOW - timedelta(days=400))
    yield url, path
    engine_for(url).dispose()


def test_a_database_without_a_file_is_told(tmp_path):
    assert "must name a file" in refused(back_up, "sqlite://", tmp_path / "x")
    assert "no database" in refused(back_up, f"sqlite:///{tmp_path}/none.db", tmp_path / "x")
    assert "Only SQLite" in refused(back_up, "mysql://u@h/d", tmp_path / "x")
    assert "RUGGESTEUN_DATABASE_URL" in refused(back_up, "nonsense", tmp_path / "x")


def test_a_folder_that_cannot_be_written_is_told(sqlite_filled):
    assert "Can't write in" in refused(back_up, sqlite_filled[0], Path("/proc/nowhere/x"))


def test_missing_programs_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_backup.shutil, "which", lambda _name: None)
    monkeypatch.setattr(postgres_backup.glob, "glob", lambda _pattern: [])
    text = refused(back_up, "postgresql://me:geheim@host/db", tmp_path / "x")
    assert "pg_dump is not installed" in text
    assert "postgresql-client" in text
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path):
    text = refused(back_up, "postgresql://me:geheim@127.0.0.1:1/db", tmp_path / "x")
    assert "pg_dump failed" in text
    assert "geheim" not in text
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_no_argument(monkeypatch, tmp_path):
    seen: List[List[str]] = []

    def run(command, **more):
        seen.append(command)
        assert more["env"]["PGPASSWORD"] == "geheim"
        return subprocess.CompletedProcess(command, 0, stderr="")

    monkeypatch.setattr(postgres_backup.subprocess, "run", run)
    postgres_backup.back_up("postgresql+psycopg2://me:geheim@h:1/db?sslmode=require", tmp_path)
    assert "geheim" not in " ".join(seen[0])
    assert "--dbname=postgresql://me@h:1/db?sslmode=require" in seen[0]


def test_the_commands(sqlite_filled, tmp_path, monkeypatch, capsys, serve_practice):
    url, _ = sqlite_filled
    serve_practice()
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", url)
    file = str(tmp_path / "x.backup")
    assert cli.main(["backup", file]) == 0
    assert cli.main(["backup", file]) == 1
    assert cli.main(["retention", "--dry-run"]) == 0
    assert where_in_database(url, WORD)
    assert cli.main(["retention"]) == 0
    assert where_in_database(url, WORD) == []
    assert cli.main(["restore", file]) == 1
    assert cli.main(["restore", file, "--force"]) == 0
    # What is old was erased again at once.
    assert where_in_database(url, WORD) == []
    printed = capsys.readouterr()
    assert "Would erase: 1 conversations" in printed.out
    assert "is there already" in printed.err


def readable(url: str) -> str:
    """Every row of every table, decrypted."""
    with engine_for(url).connect() as connection:
        return "\n".join(
            sorted(
                f"{table}: {tuple(map(opened, row))}"
                for table in sa.inspect(connection).get_table_names()
                for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            )
        )


@pytest.fixture
def use_keys(monkeypatch):
    def use(*keys: str) -> None:
        monkeypatch.setenv(NAME, ",".join(keys))
        forget_keys()

    yield use
    forget_keys()


def test_a_backup_is_encrypted_and_comes_back_readable(filled, tmp_path):
    before = readable(filled)
    assert before.count(WORD) > 5 * 6
    file = tmp_path / "x.backup"
    back_up(filled, file)
    # pg_dump compresses what it writes.
    plain = file.read_bytes()
    if not filled.startswith("sqlite"):
        command = [postgres_backup._program("pg_restore"), "--file=-", str(file)]
        plain = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    assert b"data_key" in plain
    # What a conversation holds; other columns only hold this word in tests.
    assert f'{{"text": "{WORD}"}}' in before
    assert f'"text": "{WORD}"'.encode() not in plain
    spoil(filled)
    restore(filled, file, force=True)
    with engine_for(filled).begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS other"))
    assert readable(filled) == before


def test_a_backup_with_another_key_is_refused_and_changes_nothing(filled, tmp_path, use_keys):
    file = tmp_path / "x.backup"
    back_up(filled, file)
    before = content(filled)
    theirs, ours = keyring.sealer().tag, new_key()
    use_keys(ours)
    told = refused(restore, filled, file, True)
    assert told.startswith("The backup holds texts that were encrypted with the key " + theirs)
    assert told.endswith("Nothing is changed.")
    assert ours not in told
    use_keys()
    assert "RUGGESTEUN_DATA_KEYS is not set" in refused(restore, filled, file, True)
    use_keys(data_keys.KEYS)
    assert content(filled) == before
    # With the newer key in front both are read.
    use_keys(ours, data_keys.KEYS)
    restore(filled, file, force=True)
    assert where_in_database(filled, WORD)
    assert keyring.keys_on_record(filled)[-1].tag == keyring.sealer().tag


def test_a_file_is_only_there_when_it_is_complete(sqlite_filled, tmp_path):
    """Killed in the middle: no file of that name."""
    url, _ = sqlite_filled
    file = tmp_path / "x.backup"
    code = (
        "import os, sys\nfrom rasa_project.operations import sqlite_backup\n"
        "from rasa_project.operations.backup import back_up\nfrom pathlib import Path\n"
        "sqlite_backup._check = lambda _file: os._exit(9)\n"
        "back_up(sys.argv[1], Path(sys.argv[2]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, url, str(file)], check=False, timeout=60)
    assert done.returncode == 9
    assert not file.exists()


def test_a_backup_is_one_file(sqlite_filled, tmp_path):
    file = tmp_path / "x.backup"
    back_up(sqlite_filled[0], file)
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not Path(f"{file}-wal").exists()
