"""What a patient is told when something breaks while the assistant runs."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from tests.dialogues.conftest import (
    PHONE,
    Assistant,
    Turn,
    new_sender,
    write_practice,
)
from tests.dialogues.held_database import held_by_another_program

ALARM = "Ik kan niet meer plassen"
QUESTION = "Helpt paracetamol tegen rugpijn?"


def assert_helped(turn: Turn) -> None:
    """The patient was told whom to call, or got an answer all the same."""
    if turn.outcome == "fallback":
        assert PHONE in turn.text
        assert "112" in turn.text
        assert turn.topics == ()
    else:
        assert turn.outcome == "answered"


def assert_alarm(turn: Turn) -> None:
    assert (turn.outcome, turn.urgency, turn.topics) == ("triage", "same_day", ())
    assert "Bel nu je huisarts" in turn.text
    assert PHONE in turn.text


@pytest.fixture(scope="module")
def server(
    launch_for_file: Callable[..., Assistant], tmp_path_factory: pytest.TempPathFactory
) -> Assistant:
    """A server whose database is broken by the tests below."""
    practice = write_practice(tmp_path_factory.mktemp("practice") / "practice.yml")
    return launch_for_file(RUGGESTEUN_PRACTICE=str(practice))


@pytest.fixture
def fragile(server: Assistant, tmp_path: Path) -> Iterator[Assistant]:
    """The server with a sound database; it is put back afterwards, and works again."""
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(server.database)) as live, closing(sqlite3.connect(backup)) as to:
        live.backup(to)
    yield server
    until_restored(lambda: server.say(QUESTION).topics == ("paracetamol",), server, backup)


def files_of(database: Path) -> List[Path]:
    return [database, Path(f"{database}-wal"), Path(f"{database}-shm")]


def restore(server: Assistant, backup: Path) -> None:
    for path in files_of(server.database):
        path.unlink(missing_ok=True)
    shutil.copy(backup, server.database)


def until_restored(
    is_sound: Callable[[], bool], server: Assistant, backup: Path, times: int = 5
) -> None:
    """The server may open the file just while it is being put back."""
    for _ in range(times):
        restore(server, backup)
        if is_sound():
            return
    raise AssertionError("it doesn't work again")


def garbage(server: Assistant) -> None:
    server.database.write_bytes(b"no database any more " * 5_000)


def removed(server: Assistant) -> None:
    for path in files_of(server.database):
        path.unlink(missing_ok=True)


def a_folder(server: Assistant) -> None:
    removed(server)
    server.database.mkdir()


def without(table: str) -> Callable[[Assistant], None]:
    def drop(server: Assistant) -> None:
        with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute(f"DROP TABLE {table}")

    drop.__name__ = f"without {table}"
    return drop


FAULTS = [
    garbage,
    removed,
    without("answer_revision"),
    without("topic"),
    without("red_flag_event"),
    without("events"),
]


@pytest.mark.model
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_whatever_breaks_the_patient_is_told_whom_to_call(
    fragile: Assistant, fault: Callable[[Assistant], None]
) -> None:
    fault(fragile)
    assert_helped(fragile.say(QUESTION))
    assert_helped(fragile.say("/tillen"))
    assert_alarm(fragile.say(ALARM))
    assert_alarm(fragile.say(f"{QUESTION} {ALARM}."))
    assert fragile.say("").text
    assert fragile.process is not None
    assert fragile.process.poll() is None, "the server must not end"


@pytest.mark.model
@pytest.mark.parametrize("fault", [garbage, without("events")], ids=lambda fault: fault.__name__)
def test_urgency_does_not_drop_when_the_database_breaks(
    fragile: Assistant, tmp_path: Path, fault: Callable[[Assistant], None]
) -> None:
    say = fragile.conversation()
    assert_alarm(say(ALARM))
    backup = tmp_path / "later.db"
    with closing(sqlite3.connect(fragile.database)) as live, closing(sqlite3.connect(backup)) as to:
        live.backup(to)
    fault(fragile)
    assert say(QUESTION).urgency == "same_day"
    until_restored(lambda: say(QUESTION).outcome == "triage", fragile, backup)


@pytest.mark.model
def test_an_alarm_sign_while_nothing_can_be_stored_holds_afterwards(fragile: Assistant) -> None:
    say = fragile.conversation()
    assert say("/tillen").outcome == "answered"
    with held_by_another_program(fragile.database):
        assert_alarm(say(ALARM))
    turn = say(QUESTION)
    assert (turn.outcome, turn.urgency) == ("triage", "same_day")


@pytest.mark.model
def test_a_question_while_the_database_is_locked_gets_a_reply(fragile: Assistant) -> None:
    say = fragile.conversation()
    with held_by_another_program(fragile.database):
        assert_helped(say(QUESTION))
    assert say("/tillen").topics == ("tillen",)
    assert say("/meer-uitleg").topics == ("tillen",)


@pytest.mark.model
def test_a_broken_action_still_lets_an_alarm_through(fragile: Assistant) -> None:
    sender = new_sender()
    without("answer_revision")(fragile)
    assert_helped(fragile.say(QUESTION, sender))
    assert_alarm(fragile.say(ALARM, sender))
    assert fragile.flags_of(sender) == ["RF01"]
    assert "Traceback" in fragile.errors, "the operator must be able to see why"


@pytest.mark.model
def test_data_files_that_break_under_a_running_server_do_no_harm(
    launch: Callable[..., Assistant], copy_project: Callable[..., Path], trained_model: Path
) -> None:
    project = copy_project(model=trained_model)
    practice = write_practice(project / "practice.yml")
    server = launch(project, RUGGESTEUN_PRACTICE=str(practice))
    for name in ("data/red_flags.yml", "data/texts.yml", "practice.yml"):
        (project / name).write_text("half a file: [", "utf-8")
    assert_alarm(server.say(ALARM))
    assert server.say(QUESTION).topics == ("paracetamol",)
    server.stop()
