"""Where the keys come from, and what happens when they don't fit the database."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from rasa_project import settings as settings_module
from rasa_project.data_keys import NAME, new_key, read_data_keys
from rasa_project.env_file import read_env_file, set_once
from rasa_project.errors import RuggesteunError, SettingsError
from rasa_project.storage import keyring
from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import (
    forget_keys,
    keys_on_record,
    make_sure_keys_fit,
    put_on_record,
    sealer,
)
from rasa_project.storage.migrate import migrate
from rasa_project.storage.sealed import SealedText
from rasa_project.storage.sealing import DataKeyError, tag_of

OLD, NEW = new_key(), new_key()
UseKeys = Callable[..., None]


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> UseKeys:
    """A function that gives this process other keys, or none; ``.env`` is one of the test's own."""
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path)

    def use(*keys: str, **more: str) -> None:
        monkeypatch.setenv(NAME, ",".join(keys))
        if not keys:
            monkeypatch.delenv(NAME)
        for name, value in more.items():
            monkeypatch.setenv(f"RUGGESTEUN_{name}", value)
        settings_module.forget_env_file()
        forget_keys()

    yield use
    settings_module.forget_env_file()
    forget_keys()


def refused(function: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(RuggesteunError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    for key in (OLD, NEW):
        assert key not in str(caught.value)
    return str(caught.value)


def test_no_new_key_looks_like_an_example(monkeypatch):
    made = iter([f"{'Ab-' * 6}ToDo{'9cD' * 7}=".encode(), NEW.encode()])
    monkeypatch.setattr(Fernet, "generate_key", lambda: next(made))
    assert new_key() == NEW


# ---- making the first one


def test_a_fresh_machine_makes_a_key_once_and_says_so(use_keys, tmp_path, capsys):
    env_file = tmp_path / ".env"
    env_file.write_text("# ours\nRUGGESTEUN_PORT=7000", "utf-8")
    env_file.chmod(0o644)
    use_keys(DATABASE_URL=f"sqlite:///{tmp_path / 'x.db'}")
    tag = sealer().tag
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    assert "A key for the texts in the database was made" in told
    assert str(env_file) in told
    assert env_file.read_text("utf-8").startswith("# ours\nRUGGESTEUN_PORT=7000\n")
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    key = read_env_file(env_file)[NAME]
    assert tag_of(key) == tag
    assert key not in told
    # The next start takes it, and says nothing.
    use_keys(DATABASE_URL=f"sqlite:///{tmp_path / 'x.db'}")
    assert sealer().tag == tag
    assert capsys.readouterr().err == ""
    assert list(tmp_path.glob(".env*")) == [env_file]


def test_two_starts_at_once_make_one_key(tmp_path):
    code = (
        "import sys; from pathlib import Path; from rasa_project.data_keys import new_key\n"
        "from rasa_project.env_file import set_once\n"
        "sys.stdin.readline()\nprint(set_once(Path(sys.argv[1]), 'KEY', new_key))"
    )
    path = tmp_path / ".env"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for one in started:
        one.stdin.write("go\n")
        one.stdin.flush()
    values = {one.communicate(timeout=60)[0].strip() for one in started}
    assert values == {read_env_file(path)["KEY"]}
    assert path.read_text().count("KEY") == 1


def test_a_link_to_another_file_stays_a_link(tmp_path):
    real = tmp_path / "elsewhere" / "settings"
    real.parent.mkdir()
    real.write_text("A=1\n")
    link = tmp_path / ".env"
    link.symlink_to(real)
    assert set_once(link, "B", lambda: "2") == "2"
    assert link.is_symlink()
    assert read_env_file(real) == {"A": "1", "B": "2"}
    assert set_once(link, "B", lambda: "3") == "2"


def test_a_server_is_refused_without_a_key(use_keys, tmp_path):
    use_keys(DATABASE_URL=f"sqlite:///{tmp_path / 'x.db'}", PROFILE="server")
    told = refused(sealer)
    assert "RUGGESTEUN_DATA_KEYS is not set" in told
    assert "rasa_project new-key" in told
    assert not (tmp_path / ".env").exists()


def test_an_env_file_that_cant_be_written_is_told(use_keys, tmp_path):
    use_keys(DATABASE_URL=f"sqlite:///{tmp_path / 'x.db'}")
    (tmp_path / ".env").mkdir()
    assert "no key can be written into" in refused(sealer)


# ---- fitting the database


def test_the_key_is_on_record_but_not_in_the_database(database, use_keys):
    (known,) = keys_on_record(database)
    assert known.tag == sealer().tag
    put_on_record(database)
    migrate(database)
    assert keys_on_record(database) == [known]
    with engine_for(database).connect() as connection:
        stored = str(connection.execute(sa.text("SELECT * FROM data_key")).all())
    assert os.environ[NAME] not in stored


def test_another_key_is_refused_and_changes_nothing(empty_database, use_keys):
    use_keys(OLD)
    migrate(empty_database)
    use_keys(NEW)
    for function in (migrate, make_sure_keys_fit, put_on_record):
        told = refused(function, empty_database)
        assert f"encrypted with the key {tag_of(OLD)}" in told
        assert tag_of(NEW) in told
    assert [key.tag for key in keys_on_record(empty_database)] == [tag_of(OLD)]
    use_keys(NEW, OLD)
    migrate(empty_database)
    assert [key.tag for key in keys_on_record(empty_database)] == [tag_of(OLD), tag_of(NEW)]
    # From now on something may be encrypted with either.
    use_keys(OLD)
    assert tag_of(NEW) in refused(migrate, empty_database)


def test_a_key_that_was_lost_is_not_replaced_by_a_new_one(empty_database, use_keys, tmp_path):
    use_keys(OLD)
    migrate(empty_database)
    use_keys(DATABASE_URL=empty_database)
    told = refused(sealer)
    assert "RUGGESTEUN_DATA_KEYS is not set" in told
    assert "put the key back" in told
    assert not (tmp_path / ".env").exists()


def test_of_two_that_begin_with_different_keys_one_is_refused(
    empty_database, use_keys, monkeypatch
):
    use_keys(OLD)
    migrate(empty_database)
    use_keys(NEW)
    # It looked just before the other one wrote.
    seen, read = iter([[]]), keyring._read
    monkeypatch.setattr(keyring, "_read", lambda c: next(seen, read(c)))
    assert tag_of(OLD) in refused(put_on_record, empty_database)
    assert [key.tag for key in keys_on_record(empty_database)] == [tag_of(OLD)]


def test_the_setting_is_checked_when_settings_are_read():
    given: Dict[str, str] = {NAME: f"{NEW},{OLD}"}
    settings = settings_module.read_settings(given)
    assert settings.data_keys == read_data_keys(given[NAME])
    assert NEW not in repr(settings)
    with pytest.raises(SettingsError, match=NAME):
        settings_module.read_settings({NAME: "kort"})


def test_an_error_of_ours_comes_through_sqlalchemy_as_it_is(database, use_keys):
    stored = sa.literal_column(f"'{sealer().seal('x')}'")
    use_keys(NEW)
    query = sa.select(sa.type_coerce(stored, SealedText))
    with engine_for(database).connect() as connection, pytest.raises(DataKeyError, match="not in"):
        connection.execute(query).scalar_one()
