"""`ruggesteun check`: one test per fault that it must name."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, List

import pytest
import sqlalchemy as sa

from rasa_project import cli
from rasa_project.operations import check, check_database, check_parts
from rasa_project.operations.check_database import check_room, newest_revision
from rasa_project.operations.check_parts import check_python
from rasa_project.operations.check_secrets import check_permissions, check_secrets
from rasa_project.operations.findings import Finding, Weight
from rasa_project.settings import PROJECT, Settings, read_settings
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from tests import data_keys
from tests.dialogues.conftest import environment
from tests.ports import free_port

TOKEN = "987654321:" + "AbCdEfGhIj0123456789-_kLmNoPqRsTuVw"
GOOD = Weight.FINE


@pytest.fixture
def sound(tmp_path: Path, serve_practice) -> Settings:
    """An installation in which all is well."""
    serve_practice(name="De Echte", mail="info@praktijk-de-echte.nl")
    url = f"sqlite:///{tmp_path / 'db' / 'x.db'}"
    migrate(url)
    yield dataclasses.replace(
        read_settings({}),
        database_url=url,
        port=free_port(),
        data_keys=(data_keys.KEYS,),
        practice_file=Path(os.environ["RUGGESTEUN_PRACTICE"]),
    )
    engine_for(url).dispose()


@lru_cache(maxsize=None)
def of_the_real_project(one: Any) -> List[Finding]:
    return list(one(read_settings({})))


def found(settings: Settings, **changes: Any) -> List[Finding]:
    """As check.findings, but what is slow and the same each time is done once."""
    changed = dataclasses.replace(settings, **changes)
    slow = (check_parts.check_data, check_parts.check_model, check_parts.check_alarms)
    slow = slow if changed.project == PROJECT else ()
    return [
        finding
        for one in check.CHECKS
        for finding in (of_the_real_project(one) if one in slow else one(changed))
    ]


def wrong(settings: Settings, **changes: Any) -> str:
    """The one thing that is wrong."""
    texts = [f.text for f in found(settings, **changes) if f.weight is Weight.WRONG]
    assert len(texts) == 1, texts
    assert "\n" not in texts[0]
    return texts[0]


def test_a_sound_installation(sound):
    assert [f.text for f in found(sound) if f.weight is Weight.WRONG] == []


def test_another_python():
    (finding,) = check_python(None, (3, 11, 2))
    assert finding.weight is Weight.WRONG
    assert "3.10 is needed" in finding.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("name: [", "not valid YAML"),
        ('name: X\ncountry: FR\nphone: "010 1234567"\n', "line 2"),
        ('name: X\ncountry: NL\nphone: "010 1234567"\nretention: {days: 0}\n', "retention.days"),
    ],
)
def test_a_practice_file_that_is_wrong(sound, tmp_path, content, said):
    path = tmp_path / "p.yml"
    if content:
        path.write_text(content, "utf-8")
    assert said in wrong(sound, practice_file=path)


def test_the_example_practice_is_to_be_minded(sound):
    project = sound.project
    texts = [f for f in found(sound, practice_file=project / "practice.yml")]
    assert any(f.weight is Weight.MIND and "the example" in f.text for f in texts)


@pytest.fixture
def broken_copy(sound, tmp_path) -> Settings:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("data", "rasa_project", "config.yml", "domain.yml", "credentials.yml"):
        subprocess.run(["cp", "-r", str(sound.project / name), str(project)], check=True)
    (project / "models").mkdir()
    return dataclasses.replace(sound, project=project)


def test_a_data_file_that_is_wrong(broken_copy):
    (broken_copy.data / "knowledge" / "sources.yml").write_text("sources: 3\n", "utf-8")
    assert "sources.yml" in wrong(broken_copy)


def test_a_list_for_masking_that_is_wrong(broken_copy):
    (broken_copy.data / "redaction.yml").write_text("masks: {}\n", "utf-8")
    texts = [f.text for f in found(broken_copy) if f.weight is Weight.WRONG]
    assert texts
    assert all("redaction.yml" in text for text in texts)


def test_rules_that_find_nothing(sound, monkeypatch):
    from rasa_project.operations import self_test

    monkeypatch.setattr(self_test, "active_findings", lambda _text: ())
    (finding,) = check_parts.check_alarms(sound)
    assert finding.weight is Weight.WRONG
    assert "NOT noticed" in finding.text


def test_a_model_that_is_not_there_yet_is_trained_at_the_start(broken_copy):
    texts = [f.text for f in found(broken_copy) if f.weight is Weight.MIND]
    assert any("trains it" in text for text in texts)


def test_a_damaged_model(broken_copy):
    from rasa_project.training import model_path

    model_path(broken_copy.project).write_bytes(b"half a model")
    assert "is damaged: run `make train`" in wrong(broken_copy)


def test_a_file_of_the_project_that_is_missing(broken_copy):
    (broken_copy.project / "domain.yml").unlink()
    assert "domain.yml is missing" in wrong(broken_copy)


def test_no_database_yet_is_fine(sound, tmp_path):
    texts = found(sound, database_url=f"sqlite:///{tmp_path / 'new.db'}")
    assert any("There is no database" in f.text and f.weight is Weight.MIND for f in texts)
    assert not (tmp_path / "new.db").exists(), "a check makes nothing"


def test_a_damaged_database(sound, tmp_path):
    path = tmp_path / "bad.db"
    path.write_bytes(b"no database " * 1000)
    path.chmod(0o600)
    assert "the file is damaged" in wrong(sound, database_url=f"sqlite:///{path}")


def test_a_database_without_tables(sound, tmp_path):
    path = tmp_path / "empty.db"
    sqlite3.connect(path).close()
    path.touch(mode=0o600)
    path.chmod(0o600)
    texts = [f.text for f in found(sound, database_url=f"sqlite:///{path}")]
    assert any("run `make migrate`" in text for text in texts)


@pytest.mark.parametrize(
    ("revision", "said"), [("0004", "run `make migrate`"), ("9999", "newer Ruggesteun")]
)
def test_a_database_of_another_form(sound, revision, said):
    with engine_for(sound.database_url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    assert said in wrong(sound)
    assert newest_revision() != revision


def test_a_database_that_cannot_be_written(sound):
    file = sound.database_url.removeprefix("sqlite:///")
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    assert "can't be written" in wrong(sound, database_url=url)


def test_a_database_that_another_program_holds(sound):
    file = sound.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert "stop the program that holds it" in wrong(sound)


def test_a_server_that_does_not_answer(sound):
    url = "postgresql://me:VeryLongButWrong99@127.0.0.1:1/db?connect_timeout=2"
    text = wrong(sound, database_url=url)
    assert "that the database is running" in text
    assert "VeryLong" not in text


@pytest.mark.postgres
def test_a_postgresql_database(sound, new_postgres):
    assert "run `make migrate`" in " ".join(f.text for f in found(sound, database_url=new_postgres))
    migrate(new_postgres)
    assert not [f for f in found(sound, database_url=new_postgres) if f.weight is Weight.WRONG]
    engine_for(new_postgres).dispose()


@pytest.mark.parametrize(
    ("free", "weight"), [(10, Weight.WRONG), (500, Weight.MIND), (5000, Weight.FINE)]
)
def test_room_on_the_disk(sound, monkeypatch, free, weight):
    class Usage:
        def __init__(self) -> None:
            self.free = free * 1_000_000

    monkeypatch.setattr(check_database.shutil, "disk_usage", lambda _folder: Usage())
    (finding,) = check_room(sound)
    assert finding.weight is weight
    assert f"{free} MB" in finding.text


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("abcdefgh", "no bot token"),
        ("987654321:short", "no bot token"),
        ("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "looks like an example"),
        ("123456789:" + TOKEN.partition(":")[2], "looks like an example"),
    ],
)
def test_a_token_of_telegram(sound, token, said):
    text = wrong(sound, telegram_token=token)
    assert said in text
    assert token not in text


def test_a_good_token_of_telegram(sound):
    assert [
        f.weight for f in check_secrets(dataclasses.replace(sound, telegram_token=TOKEN), {})
    ] == [GOOD]


@pytest.mark.parametrize(
    "password", ["geheim", "postgres", "ruggesteun", "changeme-please-now", "kort"]
)
def test_a_password_out_of_an_example(sound, password):
    settings = dataclasses.replace(sound, database_url=f"postgresql://me:{password}@h/db")
    (finding,) = check_secrets(settings, {})
    assert finding.weight is Weight.WRONG
    assert "RUGGESTEUN_DATABASE_URL" in finding.text
    assert f":{password}@" not in finding.text


def test_a_good_password(sound):
    settings = dataclasses.replace(sound, database_url="postgresql://me:k3Jx9-Qw82_zLp@h/db")
    assert list(check_secrets(settings, {})) == []


@pytest.mark.parametrize(
    "name", ["LOG_KEY", "METRICS_TOKEN", "SMTP_PASSWORD", "CHATWOOT_WEBHOOK_SECRET"]
)
@pytest.mark.parametrize("value", ["your-secret-token-goes-here", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
def test_a_secret_out_of_an_example(sound, name, value):
    texts = [
        f.text
        for f in check_secrets(sound, {f"RUGGESTEUN_{name}": value})
        if f.weight is Weight.WRONG
    ]
    assert texts == [f"RUGGESTEUN_{name} looks like an example: put a secret of your own there."]


def test_a_misspelled_setting(sound):
    (finding,) = check_secrets(
        sound, {"RUGGESTEUN_PROT": "80", "RUGGESTEUN_PORT": "80", "HOME": "/"}
    )
    assert finding.weight is Weight.MIND
    assert "RUGGESTEUN_PROT is no setting" in finding.text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602])
def test_settings_that_others_can_read(sound, tmp_path, mode):
    env_file = tmp_path / ".env"
    env_file.write_text("X=1")
    env_file.chmod(mode)
    (finding,) = check_permissions(sound, env_file)
    assert finding.weight is Weight.WRONG
    assert f"chmod 600 {env_file}" in finding.text


def test_a_database_that_others_can_read(sound):
    file = Path(sound.database_url.removeprefix("sqlite:///"))
    assert file.stat().st_mode & 0o777 == 0o600, "as we make it"
    file.chmod(0o644)
    assert f"chmod 600 {file}" in wrong(sound)


def test_a_port_that_is_taken(sound):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", sound.port))
        other.listen()
        assert "make run PORT=" in wrong(sound)


def test_a_port_on_which_we_run_already(sound):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "ok"}).encode())

        def log_message(self, *_args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", sound.port), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert any("The assistant runs" in f.text for f in check_parts.check_address(sound))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"profile": "server", "proxies": 1}])
def test_the_rest_channel_is_not_served_to_others(sound, changes):
    texts = [str(finding) for finding in found(sound, **changes)]
    assert any("The REST channel is not served" in text for text in texts), texts


@pytest.mark.parametrize("changes", [{"proxies": 1}, {"address": "https://chat.debrug.example"}])
def test_the_rest_channel_behind_a_proxy(sound, changes):
    assert "RUGGESTEUN_PROFILE=server" in wrong(sound, **changes)


def test_a_proxy_that_is_not_told_of(sound):
    texts = [str(finding) for finding in found(sound, profile="server")]
    assert any(text.startswith("mind ") and "RUGGESTEUN_PROXIES" in text for text in texts), texts


def test_an_action_server_without_a_secret(sound):
    changes = {"profile": "server", "proxies": 1, "action_server": "http://127.0.0.1:5055/webhook"}
    assert "RUGGESTEUN_ACTION_SECRET" in wrong(sound, **changes)


def test_a_clock_that_stands_still(sound):
    fixed = read_settings({"RUGGESTEUN_FIXED_TIME": "2026-11-23T10:00+01:00"}).fixed_time
    assert "RUGGESTEUN_FIXED_TIME" in wrong(sound, fixed_time=fixed)


def test_one_fault_does_not_hide_another(sound, tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"no database " * 1000)
    bad.chmod(0o600)
    texts = found(
        sound,
        practice_file=tmp_path / "nowhere.yml",
        database_url=f"sqlite:///{bad}",
        telegram_token="x",
        host="0.0.0.0",
    )
    assert sum(f.weight is Weight.WRONG for f in texts) == 3


def run_check(tmp_path: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "rasa_project", "check"],
        env={
            **environment(RUGGESTEUN_DATABASE_URL=f"sqlite:///{tmp_path / 'x.db'}"),
            "RUGGESTEUN_FIXED_TIME": "",
            "RUGGESTEUN_PORT": str(free_port()),
            **settings,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command(tmp_path):
    done = run_check(tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    done = run_check(tmp_path, RUGGESTEUN_TELEGRAM_TOKEN="abcdefgh")
    assert done.returncode == 1
    assert done.stderr.strip() == "ruggesteun: 1 thing is wrong; see above."
    assert "WRONG  RUGGESTEUN_TELEGRAM_TOKEN is no bot token" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "x"), ("LOG_FORMAT", "xml"), ("LOG_KEY", "short"), ("METRICS_TOKEN", "é" * 30)],
)
def test_a_setting_that_cannot_be_used(monkeypatch, capsys, name, value):
    monkeypatch.setenv(f"RUGGESTEUN_{name}", value)
    assert cli.main(["check"]) == 1
    assert f"ruggesteun: RUGGESTEUN_{name} must be" in capsys.readouterr().err
