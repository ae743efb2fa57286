"""Which of the offered things somebody means: "de tweede", "1", "de laatste". Pure."""

from __future__ import annotations

from typing import Optional

from rasa_project.nlu.words import words

_NUMBERS = {
    "1": 0,
    "een": 0,
    "eerste": 0,
    "1e": 0,
    "bovenste": 0,
    "2": 1,
    "twee": 1,
    "tweede": 1,
    "2e": 1,
    "middelste": 1,
    "3": 2,
    "drie": 2,
    "derde": 2,
    "3e": 2,
}
_LAST = {"laatste", "onderste"}
# "Doe maar de eerste", "ik bedoel nummer 2".
_AROUND = {
    "de",
    "nummer",
    "nr",
    "vraag",
    "die",
    "ik",
    "bedoel",
    "doe",
    "maar",
    "optie",
    "graag",
    "dan",
}


def chosen(text: str, among: int) -> Optional[int]:
    """The index of what was chosen, or None when the text is no choice.

    Args:
        text: The message.
        among: How many things were offered.
    """
    spoken = words(text)
    # "Nog een vraag" announces a question.
    if "een vraag" in " ".join(spoken):
        return None
    left = [word for word in spoken if word not in _AROUND]
    if len(left) != 1:
        return None
    if left[0] in _LAST:
        return among - 1
    number = _NUMBERS.get(left[0])
    return number if number is not None and number < among else None
