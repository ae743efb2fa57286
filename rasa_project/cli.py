"""The ``ruggesteun`` command: ``python -m rasa_project <command>``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Callable, Dict, List, Optional

from rasa_project.errors import RuggesteunError
from rasa_project.inbox import account_command
from rasa_project.knowledge.coverage import read_seeds, render
from rasa_project.knowledge.files import read_knowledge
from rasa_project.knowledge.loader import load
from rasa_project.logs import hide_warnings
from rasa_project.operations.check import check_installation
from rasa_project.operations.commands import add_commands
from rasa_project.operations.secret_rules import refuse_weak_secrets
from rasa_project.operations.upgrade import upgrade_and_tell
from rasa_project.ports import check_port
from rasa_project.settings import Settings, current_practice, read_settings
from rasa_project.storage.engine import hold_for_start, session_for
from rasa_project.workers import try_out


def load_answers(settings: Settings) -> None:
    """Load data/knowledge into the database."""
    knowledge = read_knowledge(settings.data / "knowledge")
    with session_for(settings.database_url) as session:
        hold_for_start(session.connection())
        report = load(session, knowledge)
    print(f"Answers: {report}.", flush=True)


def train_model(settings: Settings) -> None:
    """Train the model if anything that it is made from changed."""
    from rasa_project.training import ensure_model

    print(f"Model: {ensure_model(settings.project)}", flush=True)


def fit_questions(settings: Settings) -> None:
    """Make data/question_split.json anew from the training utterances."""
    from rasa_project.nlu.fit_questions import read_utterances, write_split_weights

    print("Fitting how a message falls into questions (about two minutes) ...", flush=True)
    utterances = read_utterances(settings.data / "nlu")
    topics = [entry.id for _, entry in read_knowledge(settings.data / "knowledge").topics]
    print(f"Written: {write_split_weights(utterances, topics, settings.data)}", flush=True)


def write_coverage(settings: Settings) -> None:
    """Write docs/coverage.md: which statement of the documents is answered where."""
    knowledge = read_knowledge(settings.data / "knowledge")
    seeds = read_seeds(settings.data / "seeds.yml", knowledge)
    path = settings.project / "docs" / "coverage.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(seeds, knowledge), encoding="utf-8")
    count = sum(len(document.statements) for document in seeds.documents)
    print(f"{count} statements of {len(seeds.documents)} documents: {path}.", flush=True)


def run(settings: Settings) -> None:
    """Prepare everything and serve."""
    from rasa_project.conversation.failure import active_findings
    from rasa_project.conversation.texts import texts
    from rasa_project.surfaces.limits import limits
    from rasa_project.training import QUIET, ensure_model

    started = time.monotonic()
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Not a matter of taste: nothing leaves this computer.
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    hide_warnings()
    practice = current_practice()
    print(f"Practice: {practice.name} ({practice.country}).", flush=True)
    refuse_weak_secrets(settings)
    # What must work when all else fails is read, and so checked, before anything else.
    texts()
    limits()
    active_findings("")
    check_port(settings.host, settings.port)
    upgrade_and_tell(settings.database_url)
    load_answers(settings)
    model = ensure_model(settings.project)
    print(f"Starting the server ({time.monotonic() - started:.0f} s so far) ...", flush=True)
    from rasa_project.server import serve

    serve(settings, model)


def actions(settings: Settings) -> None:
    """Serve the actions by themselves, on 127.0.0.1 and with a secret."""
    from rasa_project.action_server import serve_actions
    from rasa_project.training import QUIET

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    hide_warnings()
    refuse_weak_secrets(settings)
    serve_actions(settings)


COMMANDS: Dict[str, Callable[[Settings], None]] = {
    "run": run,
    "actions": actions,
    "train": train_model,
    "load-answers": load_answers,
    "check": check_installation,
    "fit-questions": fit_questions,
    "coverage": write_coverage,
}


def main(arguments: Optional[List[str]] = None) -> int:
    """Run one command; its error, if any, in one clear message.

    Returns:
        The exit code: 0, or 1 with a message on standard error.
    """
    parser = argparse.ArgumentParser(prog="ruggesteun")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=(function.__doc__ or "").strip().splitlines()[0])
    account_command.add_arguments(
        commands.add_parser("account", help="Make, list and change accounts of the inbox.")
    )
    add_commands(commands)
    try_out.add_command(commands)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "account":
            account_command.run(read_settings(), chosen)
        elif "run" in chosen:
            chosen.run(read_settings(), chosen)
        else:
            COMMANDS[chosen.command](read_settings())
    except RuggesteunError as error:
        print(f"ruggesteun: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
