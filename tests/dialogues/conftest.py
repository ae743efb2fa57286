"""Start the real assistant on a free port and talk to it as a patient would."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pytest
import requests

from rasa_project.data_keys import NAME as DATA_KEYS
from rasa_project.training import is_sound, model_path
from tests import data_keys
from tests.data_keys import opened
from tests.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
PHONE = "010 - 123 45 67"
BE_PHONE = "03 123 45 67"
RANK = {"none": 0, "soon": 1, "same_day": 2, "emergency": 3}
OUTCOMES = {"answered", "clarify", "fallback", "triage", "handoff", "smalltalk"}
READY = "is ready"
# A start may train first, on a machine that others use too.
START_SECONDS = 240
TURN_SECONDS = 60
# What `make run` exports, so that the tests see the standard error that an operator sees.
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
}
# A Monday morning: practices and doctors are open, whenever the tests run.
OFFICE_HOURS = "2026-11-23T10:00+01:00"


def environment(**changes: str) -> Dict[str, str]:
    """This process's environment without settings of ours, on a Monday, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUGGESTEUN_")}
    kept[DATA_KEYS] = data_keys.KEYS
    return {**kept, **QUIET, "RUGGESTEUN_FIXED_TIME": OFFICE_HOURS, **changes}


def _end_with_parent() -> None:
    """Let the server end when the tests are killed: Linux sends it the signal."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@dataclass(frozen=True)
class Turn:
    """What came back on one message."""

    text: str
    buttons: Tuple[Dict[str, str], ...]
    topics: Tuple[str, ...]
    urgency: str
    outcome: str

    @property
    def payloads(self) -> List[str]:
        return [button["payload"] for button in self.buttons]


def read_turn(parts: Any) -> Turn:
    """Read a reply, and check the contract that every turn keeps."""
    assert isinstance(parts, list), parts
    contracts = [part["custom"] for part in parts if "custom" in part]
    assert len(contracts) == 1, f"{len(contracts)} contracts in {parts}"
    contract = contracts[0]
    assert set(contract) == {"topics", "urgency", "outcome"}, contract
    assert contract["urgency"] in RANK, contract
    assert contract["outcome"] in OUTCOMES, contract
    assert all(isinstance(topic, str) for topic in contract["topics"]), contract
    if contract["outcome"] == "answered":
        assert contract["topics"], contract
    elif contract["outcome"] != "handoff":
        assert contract["topics"] == [], contract
    text = "\n\n".join(part["text"] for part in parts if part.get("text"))
    assert text.strip(), f"the patient reads nothing: {parts}"
    buttons = [button for part in parts for button in part.get("buttons") or []]
    for button in buttons:
        assert button["title"].strip(), button
        # A command, or a message of its own that says what the button says.
        assert button["payload"].startswith("/") or button["payload"] == button["title"], button
        assert len(button["payload"].encode()) <= 64, button
    return Turn(
        text,
        tuple(buttons),
        tuple(contract["topics"]),
        contract["urgency"],
        contract["outcome"],
    )


@dataclass
class Assistant:
    """One running server; ``stop`` ends that process and no other."""

    folder: Path
    settings: Dict[str, str]
    project: Path
    port: int = field(default_factory=free_port)
    seconds_to_ready: float = 0.0
    process: Optional["subprocess.Popen[bytes]"] = None

    @property
    def database(self) -> Path:
        return self.folder / "ruggesteun.db"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.folder / "out.log").read_text("utf-8", "replace")

    @property
    def errors(self) -> str:
        return (self.folder / "err.log").read_text("utf-8", "replace")

    def start(self) -> "Assistant":
        self.folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with (
            (self.folder / "out.log").open("wb") as out,
            (self.folder / "err.log").open("wb") as err,
        ):
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rasa_project", "run"],
                cwd=self.project,
                env=environment(
                    **{
                        "RUGGESTEUN_HOST": "127.0.0.1",
                        "RUGGESTEUN_PORT": str(self.port),
                        "RUGGESTEUN_DATABASE_URL": f"sqlite:///{self.database}",
                        **self.settings,
                    }
                ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        while READY not in self.output:
            assert self.process.poll() is None, f"it ended:\n{self.output}\n{self.errors[-3000:]}"
            assert time.monotonic() - started < START_SECONDS, f"not ready:\n{self.output}"
            time.sleep(0.1)
        self.seconds_to_ready = time.monotonic() - started
        return self

    def stop(self) -> int:
        """End it as Ctrl-C does, and wait."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
        return int(self.process.returncode)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def post(self, body: Any, path: str = "/webhooks/rest/webhook") -> requests.Response:
        """Send a body: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode("ascii")
        return requests.post(
            self.address + path,
            data=data,
            headers={"Content-Type": "application/json"},
            timeout=TURN_SECONDS,
        )

    def say(self, text: str, sender: Optional[str] = None) -> Turn:
        """Send one message; without a sender it begins a new conversation."""
        sender = sender or new_sender()
        reply = self.post({"sender": sender, "message": text})
        assert reply.status_code == 200, f"{reply.status_code}: {reply.text[:300]}"
        parts = reply.json()
        assert all(part["recipient_id"] == sender for part in parts), parts
        return read_turn(parts)

    def conversation(self) -> Callable[[str], Turn]:
        """A new conversation: call it with a text to say that."""
        sender = new_sender()
        return lambda text: self.say(text, sender)

    def said_by(self, sender: str) -> List[str]:
        """What a patient said, in the order in which it was stored."""
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            rows = connection.execute(
                "SELECT data FROM events WHERE sender_id = ? AND type_name = 'user' ORDER BY id",
                (sender,),
            ).fetchall()
        return [json.loads(opened(data))["text"] for (data,) in rows]

    def flags_of(self, sender: str) -> List[str]:
        """The red flags that were stored for a conversation."""
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            rows = connection.execute(
                "SELECT flag FROM red_flag_event WHERE conversation = ? ORDER BY id", (sender,)
            ).fetchall()
        return [opened(flag) for (flag,) in rows]


def new_sender() -> str:
    return f"test-{uuid.uuid4().hex}"


def copy_of_project(target: Path, source: Path = PROJECT) -> Path:
    """A copy of everything that the assistant is made from, without models."""
    ignored = shutil.ignore_patterns(
        ".venv", ".git", ".*_cache", ".rasa", "__pycache__", "models", "var", "tests", "results",
        "node_modules", ".env",
    )  # fmt: skip
    shutil.copytree(source, target, ignore=ignored)
    (target / "models").mkdir()
    return target


def snapshot_of_project(target: Path) -> Path:
    """A copy of the project with its model, when that is trained."""
    copy_of_project(target)
    model = model_path(PROJECT)
    if is_sound(model):
        shutil.copy2(model, target / "models")
        shutil.copy2(f"{model}.sha256", target / "models")
    return target


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it was when the tests began, so that nobody's editing disturbs them."""
    return snapshot_of_project(tmp_path_factory.mktemp("snapshot") / "project")


@pytest.fixture(scope="session")
def trained_model(project: Path) -> Path:
    """The model of the present content, trained first when there is none."""
    model = model_path(project)
    if is_sound(model):
        return model
    log = project / "train.log"
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "rasa_project", "train"],
            cwd=project,
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=500,
        )
    text = log.read_text("utf-8", "replace")
    assert done.returncode == 0, text[-3000:]
    return Path(text.strip().splitlines()[-1].partition("Model: ")[2])


Launcher = Callable[..., Assistant]


@contextlib.contextmanager
def launching(folders: pytest.TempPathFactory, project: Path) -> Iterator[Launcher]:
    """A way to start servers, which are stopped afterwards: each takes almost a gigabyte."""
    started: List[Assistant] = []

    def start(folder: Path = project, **settings: str) -> Assistant:
        server = Assistant(folders.mktemp("server"), settings, folder)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        if server.process is not None:
            server.stop()


@pytest.fixture
def launch(
    tmp_path_factory: pytest.TempPathFactory, project: Path, trained_model: Path
) -> Iterator[Launcher]:
    """Start one more server; every start costs some ten seconds, so do it sparingly."""
    with launching(tmp_path_factory, project) as start:
        yield start


@pytest.fixture(scope="module")
def launch_for_file(
    tmp_path_factory: pytest.TempPathFactory, project: Path, trained_model: Path
) -> Iterator[Launcher]:
    """As ``launch``, for all tests of a file."""
    with launching(tmp_path_factory, project) as start:
        yield start


@pytest.fixture(scope="session")
def launch_for_all(
    tmp_path_factory: pytest.TempPathFactory, project: Path, trained_model: Path
) -> Iterator[Launcher]:
    """As ``launch``, for all tests."""
    with launching(tmp_path_factory, project) as start:
        yield start


def write_practice(path: Path, **changes: Any) -> Path:
    """A practice file with only what must be there, and these changes."""
    practice = {"name": "Praktijk De Test", "country": "NL", "phone": PHONE, **changes}
    path.write_text(
        "".join(f"{key}: {json.dumps(value)}\n" for key, value in practice.items()), "utf-8"
    )
    return path


@pytest.fixture(scope="session")
def practice_nl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example practice, with a number that the tests know."""
    path = tmp_path_factory.mktemp("practice") / "practice.yml"
    return write_practice(path, hours={"maandag": ["08:00-12:30"]}, mail="info@praktijk.example")


@pytest.fixture(scope="session")
def practice_be(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Flemish practice that filled in as little as possible."""
    path = tmp_path_factory.mktemp("practice") / "practice.yml"
    return write_practice(path, country="BE", phone=BE_PHONE)


@pytest.fixture(scope="session")
def assistant(launch_for_all: Launcher, practice_nl: Path) -> Assistant:
    """The assistant of a practice in the Netherlands."""
    return launch_for_all(RUGGESTEUN_PRACTICE=str(practice_nl))


@pytest.fixture(scope="session")
def assistant_be(launch_for_all: Launcher, practice_be: Path) -> Assistant:
    """The assistant of a practice in Flanders."""
    return launch_for_all(RUGGESTEUN_PRACTICE=str(practice_be))


# Without a subject: nobody can know what they are about, so they must not be answered.
WITHOUT_A_SUBJECT = [
    "Mag dat nou wel of mag dat nou niet?",
    "iets met de rug",
    "Is het goed of slecht",
    "dat ding daar boven, hoe zit het ermee",
    "Hoe zit dat met die dingen van jullie",
    "dat van die ene keer",
    "wat als het zo is en niet anders",
    "en bij die ander dan ook zo",
    "is dat nou handig of juist niet",
    "het is zo en zo gegaan",
]


@pytest.fixture(scope="session")
def unclear(assistant: Assistant) -> List[str]:
    """Sentences that the assistant asks back about; a model may be sure of one or two."""
    asked = [t for t in WITHOUT_A_SUBJECT if assistant.say(t).outcome == "clarify"]
    assert len(asked) >= 4, f"it answers nearly everything; it asks back only about {asked}"
    return asked


CopyProject = Callable[..., Path]


@pytest.fixture
def copy_project(tmp_path: Path, project: Path) -> CopyProject:
    """A copy of the project, to break things in."""

    def copy(model: Optional[Path] = None) -> Path:
        target = copy_of_project(tmp_path / "project", project)
        if model is not None:
            shutil.copy2(model, target / "models")
            shutil.copy2(f"{model}.sha256", target / "models")
        return target

    return copy
