"""What a line of the log holds, and what it never holds."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pytest
import sqlalchemy as sa
import structlog
from psycopg2.errors import InvalidTextRepresentation

from rasa_project import logs
from rasa_project.errors import StorageError
from rasa_project.log_lines import SafeFormatter
from rasa_project.privacy.pseudonym import pseudonym, without_conversations

WORDS = "kwabbelsnor zit in de zetel"


class Lines(logging.Handler):
    """Keeps what a formatter makes."""

    def __init__(self, formatter: SafeFormatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture(params=[False, True], ids=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    formatter = SafeFormatter(request.param, "a key for the tests")
    formatter.libraries_speak = False
    handler = Lines(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


OURS = logging.getLogger("rasa_project.test")
LIBRARY = logging.getLogger("rasa.core.somewhere")


def raised(make: Callable[[], Any]) -> BaseException:
    try:
        make()
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


def fail_with_words() -> None:
    raise ValueError(WORDS)


def chained() -> None:
    try:
        fail_with_words()
    except ValueError as error:
        raise KeyError(WORDS) from error


def sql_with_words() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE x = :x"), {"x": WORDS})


def postgres_with_words() -> None:
    raise InvalidTextRepresentation(f'invalid input syntax for type integer: "{WORDS}"')


@pytest.mark.parametrize("make", [fail_with_words, chained, sql_with_words, postgres_with_words])
def test_an_error_is_told_without_its_text_but_with_its_places(lines, make):
    error = raised(make)
    OURS.error("A turn failed.", exc_info=error)
    OURS.error("It failed: %s", error)
    LIBRARY.error("Exception occurred", exc_info=error)
    assert "kwabbelsnor" not in lines.text
    assert type(error).__name__ in lines.text
    assert "test_logs.py:" in lines.text
    assert f"in {make.__name__}" in lines.text


def test_errors_of_ours_and_of_the_operating_system_say_what_to_do(lines):
    OURS.error("Can't: %s", StorageError("The database x can't be used: run `make migrate`."))
    OURS.error("Gone.", exc_info=raised(lambda: Path("/nowhere/x").read_text()))
    OURS.error(
        "Table.", exc_info=raised(lambda: sqlite3.connect(":memory:").execute("SELECT * FROM t"))
    )
    assert "run `make migrate`" in lines.text
    assert "No such file or directory" in lines.text
    assert "no such table: t" in lines.text


def test_of_a_librarys_sentence_only_its_own_words_stay(lines):
    LIBRARY.error(f"Could not read {WORDS}")
    LIBRARY.error("Could not read %s after %s tries", WORDS, 3)
    LIBRARY.error("Could not read that")
    LIBRARY.error(WORDS.upper())
    assert "kwabbelsnor" not in lines.text.lower()
    assert "Could not read (left out) after 3 tries" in lines.text
    assert "Could not read that" in lines.text
    assert "test_logs.py" in lines.text, "the place says where to look"


def test_while_it_starts_libraries_may_say_what_is_wrong():
    handler = Lines(SafeFormatter())
    record = LIBRARY.makeRecord(LIBRARY.name, logging.ERROR, __file__, 1, f"No {WORDS}", (), None)
    assert WORDS in handler.format(record)


def test_personal_data_in_a_sentence_of_ours_are_masked(lines):
    OURS.error("Got %s", "mail aan jan@x.nl of bel 06-12345678, bsn 111222333")
    assert "[mail]" in lines.text
    for word in ("jan@x.nl", "12345678", "111222333"):
        assert word not in lines.text


def test_secrets_are_left_out(lines):
    OURS.error("Calling https://api.telegram.org/bot123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQ/x")
    OURS.error("At postgresql://me:geheim@host/db with Bearer abcdefghijklmnopqrstuvwxyz")
    for word in ("AAbbCC", "geheim", "abcdefghij"):
        assert word not in lines.text


def test_a_line_break_makes_no_line_of_its_own(lines):
    OURS.error("one\nERROR fake: %s", "two\r\nthree")
    assert len(lines.text.splitlines()) == 1


def test_a_line_that_cannot_be_written_shows_nothing():
    record = OURS.makeRecord(OURS.name, logging.ERROR, __file__, 1, "%d", (WORDS,), None)
    line = Lines(SafeFormatter()).format(record)
    assert "kwabbelsnor" not in line
    assert "could not be written" in line


def test_json_is_one_object_per_line():
    handler = Lines(SafeFormatter(as_json=True))
    record = OURS.makeRecord(OURS.name, logging.WARNING, __file__, 1, "é %s", (1,), None)
    line = json.loads(handler.format(record))
    assert {"time", "level", "logger", "message"} == set(line)
    assert (line["level"], line["message"]) == ("WARNING", "é 1")


async def test_lines_about_a_conversation_bear_its_pseudonym(lines):
    class Turns:
        @logs.about_conversation
        async def run(self, text: str, conversation: str) -> str:
            OURS.error("A turn failed.")
            return text

    assert await Turns().run("x", "web:jan-jansen-0612345678") == "x"
    OURS.error("Afterwards.")
    name = pseudonym("web:jan-jansen-0612345678", "a key for the tests")
    assert name in lines.lines[0]
    assert "jan" not in lines.text
    assert name not in lines.lines[1]


def test_ids_of_conversations_in_a_sentence_become_pseudonyms():
    text = without_conversations("There is no conversation web:0123456789abcdef.", "k" * 20)
    assert "0123456789abcdef" not in text
    assert f"c-{pseudonym('web:0123456789abcdef', 'k' * 20)}" in text


def test_pseudonyms_need_the_key():
    assert pseudonym("x", "one key") == pseudonym("x", "one key")
    assert pseudonym("x", "one key") != pseudonym("x", "another key")
    assert pseudonym("x") == pseudonym("x")
    assert "x" not in pseudonym("x")


@pytest.fixture
def configured(
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Tuple[Callable[[], None], Callable[[], str]]]:
    """A function that makes logs as the server has them, and one that reads them."""
    root = logging.getLogger()
    before = list(root.handlers), root.level, logging.raiseExceptions
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook

    def begin() -> None:
        # pytest changes the logs between setting a test up and running it.
        logs.configure_logs()
        logs.silence_libraries()

    yield begin, lambda: capsys.readouterr().err
    root.handlers[:], root.level, logging.raiseExceptions = before
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logs._formatters.clear()
    structlog.reset_defaults()


def test_structured_events_keep_their_name_only(configured):
    begin, read = configured
    begin()
    structlog.get_logger("rasa.core.x").error(
        "processor.message.failed", text=WORDS, sender=WORDS, action_name="action_x"
    )
    structlog.get_logger("rasa.core.x").error(f"It read {WORDS}", event_info=WORDS)
    written = read()
    assert "kwabbelsnor" not in written
    assert "processor.message.failed action_name=action_x" in written


def test_an_error_in_a_thread_is_told_without_its_text(configured):
    begin, read = configured
    begin()
    thread = threading.Thread(target=fail_with_words)
    thread.start()
    thread.join()
    written = read()
    assert "Nobody caught an error in a thread" in written
    assert "kwabbelsnor" not in written


def test_nothing_below_a_warning_is_logged(configured):
    begin, read = configured
    begin()
    OURS.info(WORDS)
    logging.getLogger("sanic.access").info(WORDS)
    assert read() == ""
