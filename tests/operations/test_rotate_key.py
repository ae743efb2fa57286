"""Another key: everything is encrypted anew, also when it is broken off or others write."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import sqlalchemy as sa

from rasa_project import cli
from rasa_project.data_keys import NAME, new_key
from rasa_project.operations import rotate_key as module
from rasa_project.operations.check_keys import check_data_keys
from rasa_project.operations.findings import Weight
from rasa_project.operations.readiness import Readiness
from rasa_project.operations.rotate_key import RotationError, count_others, rotate_key
from rasa_project.settings import read_settings
from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import forget_keys, keys_on_record
from rasa_project.storage.migrate import migrate
from rasa_project.storage.sealing import Sealer, tag_in, tag_of
from tests.data_keys import opened
from tests.privacy.filled import WORD, Filler, where_in_database

OLD, NEW = new_key(), new_key()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
CONVERSATIONS = 6


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*keys: str) -> None:
        monkeypatch.setenv(NAME, ",".join(keys))
        forget_keys()

    yield use
    forget_keys()


@pytest.fixture
def filled(empty_database: str, use_keys) -> str:
    """A database whose texts are encrypted with the old key."""
    use_keys(OLD)
    migrate(empty_database)
    filler = Filler(empty_database)
    for number in range(CONVERSATIONS):
        filler.conversation(f"web:{number}", NOW)
    return empty_database


def content(url: str) -> Dict[str, List[Any]]:
    """Every row of every table, decrypted; but for the record of keys."""
    with engine_for(url).connect() as connection:
        return {
            table: sorted(
                str(tuple(map(opened, row)))
                for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            )
            for table in sa.inspect(connection).get_table_names()
            if table != "data_key"
        }


def tags(url: str) -> Dict[str, int]:
    """How many texts are encrypted with which key."""
    found: Dict[str, int] = {}
    with engine_for(url).connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                for value in row:
                    tag = tag_in(value) if isinstance(value, str) else None
                    if tag is not None and table != "data_key":
                        found[tag] = found.get(tag, 0) + 1
    return found


def test_all_texts_get_the_new_key_and_then_it_is_enough(filled, use_keys):
    before, count = content(filled), tags(filled)[tag_of(OLD)]
    assert WORD in str(before)
    assert count > CONVERSATIONS * 6
    use_keys(NEW, OLD)
    migrate(filled)
    # Nothing is done yet, and all can be read.
    assert content(filled) == before
    done = rotate_key(filled)
    assert (done.texts, done.tag, done.needless) == (count, tag_of(NEW), (tag_of(OLD),))
    assert tags(filled) == {tag_of(NEW): count}
    use_keys(NEW)
    migrate(filled)
    assert content(filled) == before
    assert [key.tag for key in keys_on_record(filled)] == [tag_of(NEW)]
    # Again: nothing is left to do.
    assert rotate_key(filled).texts == 0


def test_before_it_is_done_the_old_key_cant_be_taken_away(filled, use_keys):
    use_keys(NEW, OLD)
    migrate(filled)
    use_keys(NEW)
    with pytest.raises(Exception, match=tag_of(OLD)):
        migrate(filled)
    with pytest.raises(Exception, match=tag_of(OLD)):
        rotate_key(filled)


def test_it_is_broken_off_and_begun_again(filled, use_keys, monkeypatch):
    before, count = content(filled), tags(filled)[tag_of(OLD)]
    use_keys(NEW, OLD)
    monkeypatch.setattr(module, "_BATCH", 3)
    pauses = iter(range(4))

    def pause(_seconds: float) -> None:
        if next(pauses, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", pause)
    with pytest.raises(KeyboardInterrupt):
        rotate_key(filled)
    half = tags(filled)
    assert 0 < half[tag_of(NEW)] < count
    assert sum(half.values()) == count
    assert content(filled) == before
    # Both keys are still on record: neither may be taken away.
    assert [key.tag for key in keys_on_record(filled)] == [tag_of(OLD), tag_of(NEW)]
    monkeypatch.undo()
    use_keys(NEW, OLD)
    assert rotate_key(filled).texts == half[tag_of(OLD)]
    assert content(filled) == before


def test_killed_in_the_middle(filled, use_keys):
    """As by a power cut; a process of its own."""
    before, count = content(filled), tags(filled)[tag_of(OLD)]
    use_keys(NEW, OLD)
    code = (
        "import os, sys\nfrom rasa_project.operations import rotate_key as module\n"
        "module._BATCH = 5\nleft = [3]\n"
        "def pause(_):\n    left[0] -= 1\n    if not left[0]: os._exit(9)\n"
        "module.time.sleep = pause\nmodule.rotate_key(sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, filled], check=False, timeout=60)
    assert done.returncode == 9
    half = tags(filled)[tag_of(NEW)]
    assert 0 < half < count
    assert rotate_key(filled).texts == count - half
    assert content(filled) == before


def test_messages_are_written_meanwhile(filled, use_keys, monkeypatch):
    use_keys(NEW, OLD)
    monkeypatch.setattr(module, "_BATCH", 2)
    stop, failed = threading.Event(), []

    def write() -> None:
        filler, number = Filler(filled), 0
        try:
            while not stop.is_set() or number < 20:
                number += 1
                filler.conversation(f"web:busy-{number}", NOW, plain=True)
                assert where_in_database(filled, f"web:busy-{number}")
        except Exception as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rotate_key(filled)
    finally:
        stop.set()
        writer.join()
    assert failed == []
    assert set(tags(filled)) == {tag_of(NEW)}
    assert WORD in str(content(filled))


def test_what_was_changed_meanwhile_is_not_overwritten(filled, use_keys, monkeypatch):
    """Somebody changes a row between its being read and its being written."""
    use_keys(NEW, OLD)
    both, changed = Sealer([NEW, OLD]), []

    class Slow(Sealer):
        def seal(self, text: str) -> str:
            if not changed and not filled.startswith("sqlite"):
                changed.append(text)
                with engine_for(filled).begin() as connection:
                    connection.execute(
                        sa.text("UPDATE conversation_note SET text = :t"),
                        {"t": both.seal("a later note")},
                    )
            return super().seal(text)

    if filled.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(module, "sealer", lambda: Slow([NEW, OLD]))
    monkeypatch.setattr(module, "sealed_columns", lambda: [("conversation_note", "id", "text")])
    rotate_key(filled)
    with engine_for(filled).connect() as connection:
        notes = connection.execute(sa.text("SELECT text FROM conversation_note")).scalars().all()
    assert {opened(note) for note in notes} == {"a later note"}


def test_who_still_writes_with_the_old_key_is_told(filled, use_keys, monkeypatch):
    use_keys(NEW, OLD)
    filler, rotate = Filler(filled), module._rotate
    old = Sealer([OLD])

    def and_somebody_writes(url: str, *more: Any) -> int:
        done = rotate(url, *more)
        with engine_for(url).begin() as connection:
            row = {"t": old.seal("x")}
            connection.execute(sa.text("UPDATE conversation_note SET text = :t"), row)
        return done

    monkeypatch.setattr(module, "_rotate", and_somebody_writes)
    with pytest.raises(RotationError, match="still writes with an older key"):
        rotate_key(filler.url)
    assert tag_of(OLD) in [key.tag for key in keys_on_record(filled)]


# ---- what is told


def told(url: str) -> Dict[str, Weight]:
    settings = read_settings()
    changed = dataclasses.replace(settings, database_url=url)
    return {finding.text: finding.weight for finding in check_data_keys(changed)}


def test_the_check_says_how_the_keys_are(filled, use_keys):
    assert told(filled) == {
        f"Texts in the database are encrypted with the key {tag_of(OLD)}.": Weight.FINE
    }
    use_keys(NEW, OLD)
    assert [weight for weight in told(filled).values()] == [Weight.FINE, Weight.MIND]
    assert "rotate-key" in str(told(filled))
    use_keys(NEW)
    ((text, weight),) = told(filled).items()
    assert weight is Weight.WRONG
    assert f"with the key {tag_of(OLD)}" in text


def test_the_check_finds_a_text_that_isnt_encrypted(filled, use_keys):
    with engine_for(filled).begin() as connection:
        connection.execute(sa.text("UPDATE conversation_note SET text = 'plain' WHERE id = 1"))
        assert count_others(connection, [tag_of(OLD)]) == 1
    ((text, weight),) = told(filled).items()
    assert weight is Weight.WRONG
    assert text.startswith("1 texts in the database are not encrypted with any key")


async def test_ready_says_no_when_the_keys_do_not_fit(filled, use_keys, caplog):
    parts = Readiness(filled, lambda: None)
    assert await parts._database() is True
    use_keys(NEW)
    assert (await Readiness(filled, lambda: None).parts())["database"] is False
    assert f"encrypted with the key {tag_of(OLD)}" in caplog.text
    assert NEW not in caplog.text


def test_the_check_makes_no_key(tmp_path: Path, monkeypatch):
    settings = dataclasses.replace(
        read_settings({}), database_url=f"sqlite:///{tmp_path / 'none.db'}"
    )
    (finding,) = check_data_keys(settings)
    assert finding.weight is Weight.MIND
    (finding,) = check_data_keys(dataclasses.replace(settings, profile="server"))
    assert finding.weight is Weight.WRONG
    assert "new-key" in finding.text
    assert list(tmp_path.iterdir()) == []


def test_the_commands(filled, use_keys, monkeypatch, capsys):
    monkeypatch.setenv("RUGGESTEUN_DATABASE_URL", filled)
    assert cli.main(["new-key"]) == 0
    made = capsys.readouterr().out.strip()
    use_keys(made, OLD)
    assert cli.main(["rotate-key"]) == 0
    printed = capsys.readouterr().out
    assert f"Everything is encrypted with the key {tag_of(made)}." in printed
    assert f"Take the other keys ({tag_of(OLD)}) out of RUGGESTEUN_DATA_KEYS" in printed
    use_keys(made)
    assert cli.main(["rotate-key"]) == 0
    assert "Encrypted anew: 0 texts" in capsys.readouterr().out
    use_keys(NEW)
    assert cli.main(["rotate-key"]) == 1
    assert made not in capsys.readouterr().err
