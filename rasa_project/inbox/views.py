"""What the pages show, as plain data: for the templates and for the script alike. Pure."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, Iterable, List, Optional, Sequence
from urllib.parse import urlencode

from rasa_project.conversation.states import Ownership, State
from rasa_project.conversation.triage_file import triage_file
from rasa_project.inbox.access import Visitor
from rasa_project.inbox.desk import Person
from rasa_project.inbox.material import Material
from rasa_project.inbox.moments import lasting, when
from rasa_project.inbox.queue import ALL, TABS, WAITING, QueuePage, Row, Wanted
from rasa_project.inbox.summary import Line, Summary, summarise
from rasa_project.inbox.texts import InboxTexts, filled_in
from rasa_project.inbox.transcript import is_shown, items
from rasa_project.redflags.catalogue import RedFlagCatalogue, read_catalogue
from rasa_project.redflags.urgency import Urgency, urgency_from
from rasa_project.settings import read_settings

View = Dict[str, Any]


@lru_cache(maxsize=1)
def catalogue() -> RedFlagCatalogue:
    """The alarm questions, read once."""
    return read_catalogue(read_settings().data / "red_flags.yml")


def short_name(conversation: str) -> str:
    """What colleagues call a conversation: four signs, that can be said on the phone."""
    return f"Gesprek {conversation[-4:].upper()}"


# ---- the queue


def queue_view(
    page: QueuePage, wanted: Wanted, visitor: Visitor, texts: InboxTexts, now: datetime
) -> View:
    """A page of the queue."""
    empty = texts.empty["search"] if wanted.is_filtered else texts.empty[wanted.tab]
    return {
        "tab": wanted.tab,
        "tabs": [
            {
                "name": tab,
                "title": texts.tabs[tab],
                "count": None if tab == ALL else page.counts.get(tab, 0),
                "query": urlencode({"tab": tab}),
            }
            for tab in TABS
        ],
        "rows": [row_view(row, visitor, texts, now) for row in page.rows],
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "empty": empty,
        "waiting": page.counts.get(WAITING, 0),
        "calling": sorted(page.calling),
    }


def row_view(row: Row, visitor: Visitor, texts: InboxTexts, now: datetime) -> View:
    """One conversation in the queue."""
    ownership = row.ownership
    waits = ""
    if ownership.waiting_since is not None:
        waits = f"wacht {lasting((now - ownership.waiting_since).total_seconds())}"
    return {
        "id": ownership.conversation,
        "name": short_name(ownership.conversation),
        "channel": texts.channels.get(row.channel, row.channel),
        "state": ownership.state.value,
        "state_text": state_text(ownership, row.owner_name, visitor, texts),
        "mine": ownership.owner == visitor.account,
        "waits": waits,
        "urgency": ownership.urgency.value,
        "urgency_text": texts.urgency[ownership.urgency.value],
        "alarm": not ownership.alarm_seen,
        "topics": ", ".join(row.topics),
        "last_who": last_who(row, visitor, texts),
        "last_line": row.last_line,
        "last_at": when(row.last_at, now) if row.last_at else "",
        "unread": row.unread,
        "callback": row.callback_open,
    }


def last_who(row: Row, visitor: Visitor, texts: InboxTexts) -> str:
    """Who said the last line."""
    if row.last_author == "therapist":
        return "Jij" if row.ownership.owner == visitor.account else row.owner_name or "Therapeut"
    return texts.authors.get(row.last_author, row.last_author)


def state_text(ownership: Ownership, owner_name: str, visitor: Visitor, texts: InboxTexts) -> str:
    """Who has the conversation, in words."""
    who = "jou" if ownership.owner == visitor.account else owner_name or "een collega"
    return texts.states[ownership.state.value].format(wie=who)


def wanted_query(wanted: Wanted, **changes: Any) -> str:
    """The part of an address that says what somebody looks at."""
    values: Dict[str, Any] = {
        "tab": wanted.tab,
        "zoek": wanted.search,
        "kanaal": wanted.channel,
        "urgentie": "" if wanted.urgency is Urgency.NONE else wanted.urgency.value,
        "van": wanted.first_day.isoformat() if wanted.first_day else "",
        "tot": wanted.last_day.isoformat() if wanted.last_day else "",
        "pagina": wanted.page if wanted.page > 1 else "",
        **changes,
    }
    return urlencode({name: value for name, value in values.items() if value not in ("", None)})


# ---- one conversation


def conversation_view(
    material: Material,
    visitor: Visitor,
    people: Sequence[Person],
    texts: InboxTexts,
    now: datetime,
) -> View:
    """A conversation with everything beside it."""
    shown = items(material.events, material.flags, texts, now)
    unread = [
        event.id
        for event in material.events
        if event.id > material.read_event and event.author == "patient"
    ]
    return {
        **panel_view(material, visitor, people, texts, now),
        "items": [one for one in shown if is_shown(one)],
        "new_from": unread[0] if unread else None,
        "last": material.last_event,
        "canned": canned(material.patient_name, visitor, texts),
    }


def panel_view(
    material: Material,
    visitor: Visitor,
    people: Sequence[Person],
    texts: InboxTexts,
    now: datetime,
) -> View:
    """What stands around the messages and changes with them."""
    ownership = material.ownership
    summary = summarise(material, texts, catalogue(), triage_file(), now)
    return {
        "id": ownership.conversation,
        "name": short_name(ownership.conversation),
        "channel": texts.channels.get(material.channel, material.channel),
        "began": when(material.created_at, now),
        "state": ownership.state.value,
        "state_text": state_text(ownership, material.owner_name, visitor, texts),
        "why": texts.why(ownership.why),
        "mine": ownership.owner == visitor.account,
        "urgency": ownership.urgency.value,
        "urgency_text": texts.urgency[ownership.urgency.value],
        "alarm": not ownership.alarm_seen,
        "can": can(material, visitor),
        "card": card(summary),
        "notes": [
            {"id": note.id, "name": note.name, "when": when(note.at, now), "text": note.text}
            for note in material.notes
        ],
        "colleagues": [
            {"account": person.account, "name": person.name}
            for person in people
            if person.is_present and person.account != visitor.account
        ],
    }


def can(material: Material, visitor: Visitor) -> Dict[str, bool]:
    """Which actions there are for a visitor, as things stand."""
    ownership = material.ownership
    writes = visitor.can_write
    mine = writes and ownership.state is State.HUMAN and ownership.owner == visitor.account
    open_callback = any(one.handled_at is None for one in material.callbacks)
    return {
        "claim": writes and ownership.state in (State.WAITING, State.BOT),
        "write": mine,
        "release": mine,
        "transfer": mine,
        "give_back": mine,
        "close": mine or (writes and ownership.state is State.WAITING),
        "note": writes,
        "see_alarm": writes and not ownership.alarm_seen,
        "handle_callback": writes and open_callback,
    }


def canned(patient: str, visitor: Visitor, texts: InboxTexts) -> List[Dict[str, str]]:
    """The replies that can be put into the field, with everything filled in."""
    return [
        {"title": one.title, "text": filled_in(one.text, visitor.name, patient)}
        for one in texts.canned
    ]


def card(summary: Summary) -> List[View]:
    """The summary card: sections of lines, each with a label that may be empty."""
    sections: List[View] = []

    def add(title: str, lines: Iterable[View]) -> None:
        found = list(lines)
        if found:
            sections.append({"title": title, "lines": found})

    add(
        "Alarmtekens",
        (_line(one.name, f"{one.level}, {one.when}", one.urgency) for one in summary.alarms),
    )
    add("Verteld", _lines(summary.facts))
    add("Gevraagd", (_line("", topic) for topic in summary.topics))
    add(
        "Alarmvragen",
        (_line(one.question, answer_words(one.answer, one.meaning)) for one in summary.questions),
    )
    add("Wat de assistent aanraadde", (_line("", text) for text in summary.advice))
    add("Terugbellen", _lines(summary.callbacks))
    add("Wie had het gesprek", _lines(summary.owners))
    return sections


def answer_words(answer: str, meaning: str) -> str:
    """An answer to an alarm question, with how it was read where that isn't plain."""
    if not answer:
        return "nog geen antwoord"
    return answer if not meaning or answer.lower() == meaning else f"{answer} ({meaning})"


def _line(label: str, value: str, urgency: Optional[str] = None) -> View:
    return {
        "label": f"{label}:" if label and not label.endswith("?") else label,
        "value": value,
        "urgency": urgency_from(urgency).value if urgency else "",
    }


def _lines(lines: Iterable[Line]) -> Iterable[View]:
    return (_line(one.label, one.value) for one in lines)
