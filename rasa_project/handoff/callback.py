"""The steps of a request to be called or mailed back. Pure.

``offer -> name -> contact -> moment -> consent -> done``, or ``stopped`` at any time. What
is entered goes to the practice only after an explicit yes, and never to Rasa.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Optional, Tuple

from rasa_project.conversation.texts import filled, texts
from rasa_project.handoff.contact import contact_and_rest, name_in
from rasa_project.handoff.expectations import (
    CALLBACK,
    CONSENT,
    GO_ON,
    STOP,
    Button,
    Circumstances,
    Said,
    flag_advice,
)
from rasa_project.handoff.opening_hours import is_open, next_opening_in_words
from rasa_project.handoff.phrases import phrases, says
from rasa_project.practice import Practice

OFFER, NAME, CONTACT, MOMENT, CONSENTING = "offer", "name", "contact", "moment", "consent"
DONE, STOPPED = "done", "stopped"
ENDED = (DONE, STOPPED)
_LOST_AFTER = 2
_MOST_MOMENT = 120


@dataclass(frozen=True)
class Form:
    """A request as far as it is filled in.

    Attributes:
        step: What is asked.
        misses: How often in a row a reply could not be used.
        name: Of the patient.
        contact: A number or a mail address.
        moment: When it suits, in the patient's words.
    """

    step: str = NAME
    misses: int = 0
    name: str = ""
    contact: str = ""
    moment: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is still asked."""
        return self.step not in ENDED


EMPTY = Form()


def take(
    form: Form,
    text: str,
    payload: Optional[str],
    practice: Practice,
    now: Circumstances,
    moment: datetime,
) -> Optional[Tuple[Form, Said]]:
    """Take a message to an open form.

    Args:
        form: As it stands.
        text: What the patient typed, or what stands on the button.
        payload: What the button sends, if one was pressed.
        practice: For its number and hours.
        now: For the urgency that is held.
        moment: What time it is.

    Returns:
        The form after it and what is said; None when the message isn't for the form.
    """
    if payload in (STOP, GO_ON) or _stops(text):
        return _stopped(form)
    if form.step == OFFER:
        return _take_offer(form, text, payload, practice)
    if payload == CALLBACK:
        return form, question(form)
    if payload is not None and payload != CONSENT:
        return None
    if form.step == CONSENTING:
        return _take_consent(form, text, payload, practice, now, moment)
    filled_in = _fill_in(form, text)
    if filled_in is None:
        return _again(form, practice)
    return filled_in, question(filled_in)


def _stops(text: str) -> bool:
    return says(text, phrases().stop) or says(text, phrases().go_on)


def _stopped(form: Form) -> Tuple[Form, Said]:
    words = texts().handoff
    said = words.ask_on if form.step == OFFER else f"{words.stopped} {words.ask_on}"
    return Form(step=STOPPED), Said((filled(said),))


def _take_offer(
    form: Form, text: str, payload: Optional[str], practice: Practice
) -> Optional[Tuple[Form, Said]]:
    if payload == CALLBACK or (
        payload is None and (says(text, phrases().yes) or says(text, phrases().call_me))
    ):
        return EMPTY, question(EMPTY)
    if payload is not None:
        return None
    if says(text, phrases().no):
        return _stopped(form)
    contact, rest = contact_and_rest(text)
    if contact is None:
        return None
    begun = replace(EMPTY, contact=contact, name=name_in(rest) or "")
    begun = replace(begun, step=_next_step(begun))
    return begun, question(begun)


def _fill_in(form: Form, text: str) -> Optional[Form]:
    """The form with what a message adds; None when it adds nothing that was asked."""
    contact, rest = contact_and_rest(text)
    if form.step == NAME:
        name = name_in(rest)
        if name is None and contact is None:
            return None
        form = replace(form, name=name or "", contact=contact or form.contact)
    elif form.step == CONTACT:
        if contact is None:
            return None
        form = replace(form, contact=contact)
    else:
        when = " ".join(text.split())
        if not when or len(when) > _MOST_MOMENT:
            return None
        form = replace(form, moment=when)
    return replace(form, step=_next_step(form), misses=0)


def _next_step(form: Form) -> str:
    if not form.name:
        return NAME
    if not form.contact:
        return CONTACT
    return MOMENT if not form.moment else CONSENTING


def _take_consent(
    form: Form,
    text: str,
    payload: Optional[str],
    practice: Practice,
    now: Circumstances,
    moment: datetime,
) -> Tuple[Form, Said]:
    if payload == CONSENT or says(text, phrases().yes):
        done = replace(form, step=DONE, misses=0)
        return done, confirmation(done, practice, now, moment)
    if says(text, phrases().no):
        return _stopped(form)
    return _again(form, practice)


def _again(form: Form, practice: Practice) -> Tuple[Form, Said]:
    """Ask once more; who doesn't manage gets the number as well."""
    words = texts().handoff
    missed = replace(form, misses=form.misses + 1)
    by_step = {
        NAME: words.again_name,
        CONTACT: words.again_contact_be if practice.country == "BE" else words.again_contact,
        MOMENT: words.again_moment,
        CONSENTING: words.again_consent,
    }
    said = [filled(by_step[form.step])]
    if missed.misses >= _LOST_AFTER:
        said.append(filled(words.lost))
    return missed, Said(tuple(said), _buttons(form))


def question(form: Form) -> Said:
    """What is asked at a step."""
    words = texts().handoff
    asked = {
        OFFER: words.offer_absent,
        NAME: words.ask_name,
        CONTACT: words.ask_contact,
        MOMENT: words.ask_moment,
        CONSENTING: words.ask_consent,
    }[form.step]
    said = filled(asked, naam=form.name, contact=form.contact, moment=form.moment)
    return Said((said,), _buttons(form))


def _buttons(form: Form) -> Tuple[Button, ...]:
    words = texts().handoff
    stop = Button(words.button_stop, STOP)
    if form.step == OFFER:
        return (Button(words.button_callback, CALLBACK), Button(words.button_go_on, GO_ON))
    if form.step == MOMENT:
        # A button that sends what stands on it.
        return (*(Button(moment, moment) for moment in words.moments), stop)
    return (Button(words.button_consent, CONSENT), stop) if form.step == CONSENTING else (stop,)


def confirmation(form: Form, practice: Practice, now: Circumstances, moment: datetime) -> Said:
    """After the yes: what was noted, and when they will be called."""
    words = texts().handoff
    if not practice.hours:
        when = words.when_unknown
    elif is_open(practice, moment):
        when = words.when_open
    else:
        opening = next_opening_in_words(practice, moment)
        when = filled(words.when_closed, opening=opening) if opening else words.when_unknown
    done = filled(words.done, naam=form.name, contact=form.contact, wanneer=when)
    return Said((*flag_advice(now.urgency), done))
