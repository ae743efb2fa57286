"""The fixed sentences of ``data/texts.yml``. Needs neither Rasa nor a database."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, List, Optional

from pydantic import BaseModel, Extra

from rasa_project import clock
from rasa_project.conversation.alarm_texts import doctor_words
from rasa_project.conversation.triage_file import triage_file
from rasa_project.handoff.opening_hours import hours_in_words, open_now_in_words
from rasa_project.practice import Country
from rasa_project.settings import current_practice, read_settings
from rasa_project.yaml_lines import parse, read_yaml


class QuestionBack(BaseModel):
    """What we ask when an answer depends on it; each choice is a message of its own."""

    question: str
    choices: List[str]

    class Config:
        extra = Extra.forbid


class WebsiteTexts(BaseModel):
    """What the chat on the website says to a request that it can't take, by error code."""

    empty: str
    too_long: str
    too_large: str
    too_fast: str
    too_many: str
    expired: str
    origin: str
    unknown_event: str
    unavailable: str

    class Config:
        extra = Extra.forbid


class TelegramTexts(BaseModel):
    """What the channel on Telegram itself says.

    ``alarm`` goes by level, ``unreadable`` by kind of message, ``commands`` by name.
    """

    intro: str
    website_chat: str
    again: str
    help: str
    privacy: str
    human: str
    group: str
    edited: str
    caption: str
    unreadable: Dict[str, str]
    alarm: Dict[str, str]
    joined: str
    left: str
    left_to: Dict[str, str]
    chosen: str
    old_button: str
    export: str
    export_data: str
    erase_ask: str
    erase_yes: str
    erase_no: str
    kept: str
    erased: str
    commands: Dict[str, str]

    class Config:
        extra = Extra.forbid


class HandoffTexts(BaseModel):
    """What is said when a human is asked for; see rasa_project/handoff/expectations.py."""

    button_human: str
    button_go_on: str
    button_callback: str
    button_stop: str
    button_consent: str
    moments: List[str]
    somebody: str
    comes: str
    comes_after_alarm: str
    first_in_line: str
    one_before: str
    some_before: str
    if_nobody_comes: str
    already_waiting: str
    now_first: str
    kept_for_therapist: str
    already_human: str
    nobody_open: str
    nobody_closed: str
    flag_first: str
    flag_soon_first: str
    offer_present: str
    offer_absent: str
    offer_after_thumbs: str
    always_human: str
    goes_on: str
    not_waiting: str
    takes_long: str
    therapist_gone: str
    expected: str
    not_expected: str
    closing: str
    ask_name: str
    ask_contact: str
    ask_moment: str
    ask_consent: str
    again_name: str
    again_contact: str
    again_contact_be: str
    again_moment: str
    again_consent: str
    lost: str
    after_alarm: str
    still_open: str
    done: str
    when_open: str
    when_closed: str
    when_unknown: str
    stopped: str
    ask_on: str
    given_up: str

    class Config:
        extra = Extra.forbid


class Texts(BaseModel):
    """The form of the file.

    Every sentence may use {praktijk}, {telefoon}, {open_nu}, {uren}, {bel_arts} and
    {therapeut}; those of ``handoff`` more.
    """

    failure: str
    busy: str
    bad_request: str
    website: WebsiteTexts
    telegram: TelegramTexts
    handoff: HandoffTexts
    human: str
    human_closed: str
    detector_failed: str
    did_you_mean: str
    which_one: str
    not_understood: str
    not_understood_again: str
    no_answer: str
    about_what: str
    no_more: str
    not_simpler: str
    no_difference: str
    one_more: str
    some_more: str
    ask: Dict[str, QuestionBack]
    bad_input: Dict[str, str]
    small_talk: Dict[str, str]

    class Config:
        extra = Extra.forbid


@lru_cache(maxsize=1)
def texts() -> Texts:
    """The sentences, read once.

    Raises:
        DataFileError: The file is wrong.
    """
    path = read_settings().data / "texts.yml"
    return parse(Texts, read_yaml(path), path)


def filled(text: str, country: Optional[Country] = None, **more: object) -> str:
    """A sentence with the practice's name, number, hours, and what holds at this moment.

    Args:
        text: May hold the placeholders that :class:`Texts` names.
        country: Where the patient is, when not where the practice is.
        more: What other placeholders stand for.
    """
    practice = current_practice()
    hours = hours_in_words(practice)
    doctor = doctor_words(country or practice.country, clock.now(), triage_file(), practice)
    return text.format(
        praktijk=practice.name,
        telefoon=practice.phone,
        open_nu=open_now_in_words(practice, clock.now()),
        uren=f"Openingstijden: {hours}." if hours else "",
        bel_arts=doctor["bel_arts"],
        therapeut=doctor["therapeut"],
        **more,
    ).strip()
