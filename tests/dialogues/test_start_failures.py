"""What an operator is told when the assistant can't start."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Callable

import pytest

from rasa_project.data_keys import new_key
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.sealing import tag_of
from tests import data_keys
from tests.dialogues.conftest import PROJECT, environment
from tests.dialogues.held_database import held_by_another_program
from tests.ports import free_port


def refused_start(
    tmp_path: Path, project: Path = PROJECT, command: str = "run", **settings: str
) -> str:
    """Run a command that must fail; the one line that it leaves on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "rasa_project", command],
        cwd=project,
        env=environment(
            **{
                "RUGGESTEUN_HOST": "127.0.0.1",
                "RUGGESTEUN_PORT": str(free_port()),
                "RUGGESTEUN_DATABASE_URL": f"sqlite:///{tmp_path / 'start.db'}",
                **settings,
            }
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode not in (0, None), done.stdout
    assert "Traceback" not in done.stdout + done.stderr, done.stderr[-2000:]
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, f"{len(lines)} lines on standard error:\n{done.stderr}"
    assert lines[0].startswith("ruggesteun: "), lines[0]
    return lines[0]


@pytest.mark.model
def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path, trained_model: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused_start(tmp_path, RUGGESTEUN_PORT=str(port))
    assert f"127.0.0.1:{port}" in line
    assert "make run PORT=" in line


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "", "80 80", "²"])
def test_a_wrong_port_is_named(tmp_path: Path, port: str) -> None:
    line = refused_start(tmp_path, RUGGESTEUN_PORT=port)
    assert "RUGGESTEUN_PORT must be a number" in line


@pytest.mark.parametrize(
    ("content", "line_number"),
    [
        ('name: De Test\ncountry: FR\nphone: "010 - 123 45 67"\n', 2),
        ("name: De Test\ncountry: NL\nphone: geen\n", 3),
        ('name: De Test\ncountry: NL\nphone: "010 - 123 45 67"\nhours:\n  maandag: ["9-5"]\n', 4),
        ('name: De Test\ncountry: NL\nphone: "010 - 123 45 67"\nfoon: x\n', 4),
        ("name: De Test\ncountry: [NL\n", 3),
    ],
    ids=["country", "phone", "hours", "unknown key", "not YAML"],
)
def test_an_error_in_the_practice_file_is_named_with_its_line(
    tmp_path: Path, content: str, line_number: int
) -> None:
    path = tmp_path / "practice.yml"
    path.write_text(content, "utf-8")
    line = refused_start(tmp_path, RUGGESTEUN_PRACTICE=str(path))
    assert f"{path}, line {line_number}: " in line


def test_a_missing_practice_file_is_named(tmp_path: Path) -> None:
    line = refused_start(tmp_path, RUGGESTEUN_PRACTICE=str(tmp_path / "nowhere.yml"))
    assert "nowhere.yml" in line
    assert "does not exist" in line


def replace_once(path: Path, old: str, new: str) -> int:
    """Change a file; the number of the line that was changed."""
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("data/knowledge/medicijnen.yml", "    button: ", "    knop: "),
        ("data/knowledge/zelf-doen.yml", "  - id: ", "  - id: Niet Goed "),
        ("data/knowledge/sources.yml", "    kind: ", "    soort: "),
        ("data/texts.yml", "failure:", "failuur:"),
        ("data/red_flags.yml", "    urgency: emergency", "    urgency: heel erg"),
    ],
)
def test_an_error_in_a_data_file_is_named_with_its_line(
    tmp_path: Path, copy_project: Callable[..., Path], file: str, old: str, new: str
) -> None:
    project = copy_project()
    number = replace_once(project / file, old, new)
    done = subprocess.run(
        [sys.executable, "-m", "rasa_project", "run"],
        cwd=project,
        env=environment(
            RUGGESTEUN_PORT=str(free_port()),
            RUGGESTEUN_DATABASE_URL=f"sqlite:///{tmp_path / 'start.db'}",
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert done.stderr.startswith(f"ruggesteun: {project / file}, line "), done.stderr
    # A key that is gone is named at its entry, a few lines up.
    lines = [int(line.split(", line ")[1].split(":")[0]) for line in done.stderr.splitlines()]
    assert any(abs(line - number) <= 4 for line in lines) or file == "data/texts.yml"
    assert "Training" not in done.stdout


def test_a_database_in_an_impossible_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    line = refused_start(
        tmp_path, RUGGESTEUN_DATABASE_URL=f"sqlite:///{tmp_path / 'file' / 'x.db'}"
    )
    assert str(tmp_path / "file") in line
    assert "writable" in line or "RUGGESTEUN_DATABASE_URL" in line


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nowhere/x.db", "nosuch://host/db"])
def test_a_database_url_that_cannot_work_is_named(tmp_path: Path, url: str) -> None:
    assert "database" in refused_start(tmp_path, RUGGESTEUN_DATABASE_URL=url).lower()


def test_a_database_password_is_never_shown(tmp_path: Path) -> None:
    url = f"postgresql://user:verygeheim@127.0.0.1:{free_port()}/x"
    assert "verygeheim" not in refused_start(tmp_path, RUGGESTEUN_DATABASE_URL=url)


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "start.db").write_bytes(b"this is no database " * 500)
    line = refused_start(tmp_path)
    assert "damaged" in line
    assert "start.db" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o500)
    assert "writable" in refused_start(
        tmp_path, RUGGESTEUN_DATABASE_URL=f"sqlite:///{folder / 'x.db'}"
    )


def test_a_database_that_another_program_holds_is_named(tmp_path: Path) -> None:
    with held_by_another_program(tmp_path / "start.db"):
        line = refused_start(tmp_path)
    assert "locked" in line
    assert "another program" in line


STUB_TRAINING = """
import shutil, sys
if {works}:
    out = sys.argv[sys.argv.index("--out") + 1]
    name = sys.argv[sys.argv.index("--fixed-model-name") + 1]
    shutil.copy({model!r}, out + "/" + name)
else:
    print("no training today")
sys.exit(0 if {works} else 1)
"""


def stub_training(project: Path, model: Path, works: bool) -> None:
    """A ``python -m rasa train`` that needs no minute."""
    (project / "rasa").mkdir()
    (project / "rasa" / "__init__.py").touch()
    (project / "rasa" / "__main__.py").write_text(
        STUB_TRAINING.format(works=works, model=str(model)), "utf-8"
    )


@pytest.mark.model
@pytest.mark.parametrize("damage", ["cut off", "a flipped byte", "empty", "no seal"])
def test_a_damaged_model_is_said_in_one_line_and_trained_again(
    copy_project: Callable[..., Path], trained_model: Path, damage: str
) -> None:
    project = copy_project(model=trained_model)
    model = project / "models" / trained_model.name
    good = model.read_bytes()
    if damage == "cut off":
        model.write_bytes(good[: len(good) // 2])
    elif damage == "a flipped byte":
        model.write_bytes(good[:1000] + bytes([good[1000] ^ 1]) + good[1001:])
    elif damage == "empty":
        model.write_bytes(b"")
    else:
        Path(f"{model}.sha256").unlink()
    stub_training(project, trained_model, works=True)
    done = subprocess.run(
        [sys.executable, "-m", "rasa_project", "train"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = [line for line in done.stdout.splitlines() if "is damaged" in line]
    assert len(said) == 1, done.stdout
    assert "training it again" in said[0]
    assert model.read_bytes() == trained_model.read_bytes()
    assert Path(f"{model}.sha256").is_file()


@pytest.mark.model
def test_a_training_that_fails_is_one_line(
    tmp_path: Path, copy_project: Callable[..., Path], trained_model: Path
) -> None:
    project = copy_project()
    stub_training(project, trained_model, works=False)
    assert "Training failed" in refused_start(tmp_path, project, command="train")


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python3.10"])
def test_a_wrong_python_is_said_in_one_line(tmp_path: Path, python: str) -> None:
    for name in ("Makefile", ".python-version", "requirements"):
        source = PROJECT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    done = subprocess.run(
        ["make", "run", f"PYTHON={python}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, done.stderr
    assert "Python 3.10 is needed" in said[0]
    assert python in said[0]
    assert not (tmp_path / ".venv").exists()


def test_a_server_without_a_key_for_its_texts(tmp_path: Path) -> None:
    line = refused_start(tmp_path, RUGGESTEUN_PROFILE="server", RUGGESTEUN_DATA_KEYS="")
    assert "RUGGESTEUN_DATA_KEYS is not set" in line
    assert "rasa_project new-key" in line


def test_a_key_that_is_no_key(tmp_path: Path) -> None:
    line = refused_start(tmp_path, RUGGESTEUN_DATA_KEYS="mijngeheimewachtzin")
    assert "RUGGESTEUN_DATA_KEYS is no key" in line
    assert "mijngeheimewachtzin" not in line


def test_a_database_of_another_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'start.db'}"
    migrate(url)
    engine_for(url).dispose()
    line = refused_start(tmp_path, RUGGESTEUN_DATA_KEYS=new_key())
    assert f"with the key {tag_of(data_keys.KEYS)}, and RUGGESTEUN_DATA_KEYS has only" in line
    line = refused_start(tmp_path, RUGGESTEUN_DATA_KEYS="")
    assert "RUGGESTEUN_DATA_KEYS is not set: put the key back" in line


def test_a_fresh_machine_makes_its_key_once(copy_project: Callable[..., Path]) -> None:
    """Two programs at once, then a third: one key, told once; nothing else is to be done."""
    folder = copy_project()
    given = environment(RUGGESTEUN_DATABASE_URL=f"sqlite:///{folder / 'var' / 'x.db'}")
    del given["RUGGESTEUN_DATA_KEYS"]

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "rasa_project", "migrate"]
        return subprocess.Popen(
            command,
            cwd=folder,
            env=given,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    said = [one.communicate(timeout=120) for one in [start(), start()]]
    said.append(start().communicate(timeout=120))
    told = "".join(error for _, error in said)
    assert told.count("A key for the texts in the database was made") == 1, said
    assert (folder / ".env").read_text().count("RUGGESTEUN_DATA_KEYS=") == 1
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert "The database is up to date." in said[-1][0]
