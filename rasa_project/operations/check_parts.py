"""Whether the other parts are in order: Python, the practice, data, model, port, settings."""

from __future__ import annotations

import json
import sys
from typing import Iterator, Tuple
from urllib.error import URLError
from urllib.request import urlopen

from rasa_project.errors import RuggesteunError
from rasa_project.operations.findings import Finding, fine, mind, wrong
from rasa_project.operations.secret_rules import examples
from rasa_project.ports import PortInUse, check_port
from rasa_project.settings import SERVER, Settings
from rasa_project.surfaces.rest_channel import behind_proxy, may_trust_senders
from rasa_project.yaml_lines import read_yaml

_REST = ("rasa_project.channels.rest.GuardedRestInput", "rest")
PYTHON = (3, 10)


def check_python(
    _settings: Settings, version: Tuple[int, ...] = tuple(sys.version_info[:3])
) -> Iterator[Finding]:
    """The one Python that Rasa 3.6 and its libraries work with."""
    said = ".".join(map(str, version))
    if tuple(version[:2]) == PYTHON:
        yield fine(f"Python {said}.")
    else:
        yield wrong(f"This is Python {said}, and 3.10 is needed: run `make setup`.")


_LEAST_AUDIT_YEARS = 5


def check_practice(settings: Settings) -> Iterator[Finding]:
    """The practice's file: readable, and no longer the example."""
    from rasa_project.practice import read_practice

    try:
        practice = read_practice(settings.practice_file)
    except RuggesteunError as error:
        yield from (wrong(line) for line in str(error).splitlines())
        return
    text = f"{practice.name} {practice.mail} {practice.booking_link}"
    if any(word in text for word in examples().practice):
        yield mind(f"{settings.practice_file} still is (partly) the example: fill in your own.")
    kept = practice.retention
    yield fine(
        f"{practice.name}: practice.yml is fine. Conversations are kept for {kept.days} days, "
        f"with a hand-off {kept.days_with_hand_off}; the audit {kept.audit_years} years."
    )
    if practice.country == "NL" and kept.audit_years < _LEAST_AUDIT_YEARS:
        yield mind(
            f"The audit is kept for {kept.audit_years} years; care providers in the Netherlands "
            f"must keep theirs for {_LEAST_AUDIT_YEARS} (Staatscourant 2019, 38007)."
        )


def check_data(settings: Settings) -> Iterator[Finding]:
    """Answers, fixed texts, red-flag rules and the lists for masking."""
    from rasa_project.conversation.texts import texts
    from rasa_project.knowledge.files import read_knowledge
    from rasa_project.privacy.consent_texts import consent_texts
    from rasa_project.privacy.words import read_redaction_words
    from rasa_project.redflags.catalogue import read_catalogue

    try:
        knowledge = read_knowledge(settings.data / "knowledge")
        catalogue = read_catalogue(settings.data / "red_flags.yml")
        read_redaction_words(settings.data / "redaction.yml")
        texts()
        consent_texts()
    except RuggesteunError as error:
        yield from (wrong(line) for line in str(error).splitlines())
        return
    yield fine(
        f"{len(knowledge.topics)} answers, {len(knowledge.sources)} sources, "
        f"{len(catalogue.signs)} red-flag signs: all fine."
    )


def check_alarms(_settings: Settings) -> Iterator[Finding]:
    """Whether a fixed alarm sentence is found by the rules."""
    from rasa_project.operations.self_test import alarm_is_found

    try:
        found = alarm_is_found()
    except RuggesteunError as error:
        yield wrong(str(error))
        return
    if found:
        yield fine("A sentence with an alarm sign is noticed.")
    else:
        yield wrong("A sentence with an alarm sign is NOT noticed: don't let patients use this.")


def check_model(settings: Settings) -> Iterator[Finding]:
    """Whether the model of the present content is there and whole."""
    from rasa_project.training import is_sound, model_path

    try:
        model = model_path(settings.project)
    except OSError as error:
        yield wrong(f"{error.filename} is missing: put the project's files back.")
        return
    if is_sound(model):
        yield fine(f"The model {model.name} is there and whole.")
    elif model.exists():
        yield wrong(f"The model {model} is damaged: run `make train`.")
    else:
        yield mind("There is no model of the present content yet: `make run` trains it.")


def check_address(settings: Settings) -> Iterator[Finding]:
    """Whether we can listen, or do so already; and who could then reach what."""
    try:
        check_port(settings.host, settings.port)
        yield fine(f"Port {settings.port} is free.")
    except PortInUse as error:
        if _answers(settings):
            yield fine(f"The assistant runs on port {settings.port}.")
        else:
            yield wrong(str(error))
    yield from _rest(settings)
    if settings.profile == SERVER and not settings.proxies and settings.limits:
        yield mind(
            "RUGGESTEUN_PROXIES is 0: behind a proxy on this computer nobody is limited by network "
            "address. Set it to the number of your proxies."
        )
    if not settings.limits:
        yield mind("RUGGESTEUN_LIMITS is 0: nobody is limited by network address.")
    if settings.action_server and not settings.action_secret:
        say = wrong if settings.profile == SERVER else mind
        yield say(
            "RUGGESTEUN_ACTION_SERVER has no RUGGESTEUN_ACTION_SECRET: it answers anybody who "
            "reaches it. Set one, and start it with `ruggesteun actions`."
        )


def _rest(settings: Settings) -> Iterator[Finding]:
    if not _rest_is_on(settings):
        return
    if not may_trust_senders(settings):
        yield fine("The REST channel is not served in this profile or on this address.")
    elif behind_proxy(settings):
        yield wrong(
            "The REST channel is served, and a proxy passes on what others ask: anybody could "
            "speak as any patient. Set RUGGESTEUN_PROFILE=server."
        )


def _answers(settings: Settings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        with urlopen(f"http://{host}:{settings.port}/health", timeout=3) as reply:  # noqa: S310
            return bool(json.loads(reply.read(1000)).get("status") == "ok")
    except (URLError, OSError, ValueError, AttributeError):
        return False


def _rest_is_on(settings: Settings) -> bool:
    try:
        channels = read_yaml(settings.project / "credentials.yml") or {}
    except RuggesteunError:
        return True
    return any(name in channels for name in _REST)


def check_clock(settings: Settings) -> Iterator[Finding]:
    """Whether the assistant is told another time than it is."""
    if settings.fixed_time is not None:
        yield wrong(
            "RUGGESTEUN_FIXED_TIME is set: for patients it would always be "
            f"{settings.fixed_time.isoformat()}. Take it away."
        )
