"""What must be true of a conversation after the server was killed while it was held."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Dict, List, Sequence

from tests.faults.patients import Conversation

Event = Dict[str, Any]
# A message's text and its reply in; raises when the reply isn't one to that message.
FitsTo = Callable[[str, Event], None]


def judge(conversation: Conversation, events: Sequence[Event], fits: FitsTo) -> None:
    """Raise an AssertionError that says what was lost, doubled or mixed up."""
    assert conversation.problems == [], conversation.problems
    patients = [event for event in events if event["author"] == "patient"]
    _each_confirmed_once(conversation, patients)
    _nothing_seen_is_gone(conversation, events)
    _one_reply_each_in_order(patients, events, fits)


def _each_confirmed_once(conversation: Conversation, stored: Sequence[Event]) -> None:
    ids = Counter(event["client_id"] for event in stored)
    doubled = [client_id for client_id, count in ids.items() if count > 1]
    assert doubled == [], "stored twice"
    by_client_id = {event["client_id"]: event for event in stored}
    for said in conversation.confirmed:
        event = by_client_id.get(said.client_id)
        assert event is not None, f"lost: {said}"
        assert (event["id"], event["text"]) == (said.event, said.text)
    # What was never confirmed may be there (the answer got lost) or not, but nothing else.
    assert set(ids) <= {said.client_id for said in conversation.said}
    order = [said.client_id for said in conversation.said if said.client_id in ids]
    assert [event["client_id"] for event in stored] == order, "in another order"


def _nothing_seen_is_gone(conversation: Conversation, events: Sequence[Event]) -> None:
    now = {event["id"]: event for event in events}
    for number, seen in conversation.seen.items():
        assert now.get(number) == seen, f"seen, and now different or gone: {seen}"


def _one_reply_each_in_order(
    patients: Sequence[Event], events: Sequence[Event], fits: FitsTo
) -> None:
    replies: List[Event] = [event for event in events if event["reply_to"] is not None]
    order = [event["reply_to"] for event in replies]
    assert order == [event["id"] for event in patients], "not one reply to each, in order"
    for message, reply in zip(patients, replies, strict=True):
        fits(message["text"], reply)
