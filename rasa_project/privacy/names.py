"""Names of people, found by what stands before them. Pure."""

from __future__ import annotations

import re
from typing import Iterator, List, Optional

from rasa_project.privacy.spans import Span
from rasa_project.privacy.words import RedactionWords

_WORD = re.compile(r"(?:'[st] )?[^\W\d_](?:[\w'’-]{0,40}\w)?\.?")
_GAP = re.compile(r"[ \t]{1,3}|-")
_MOST_WORDS = 6


def names(text: str, words: RedactionWords) -> Iterator[Span]:
    """Names after "mijn naam is", "ik ben", "met", a title and the like."""
    # In capitals, or without any, a capital says nothing.
    shouted = text.isupper()
    for match in words.sure.finditer(text):
        yield from _name_at(text, match.end(), words, sure=True, shouted=shouted)
    for opener in (words.maybe, words.title, words.at_start):
        for match in opener.finditer(text):
            yield from _name_at(
                text, match.end(), words, sure=False, shouted=shouted, title=opener is words.title
            )
    for match in words.before_here.finditer(text):
        if _begins_a_name(match["name"], "", words, False, shouted, False, False):
            yield Span(match.start("name"), match.end("name"), "name")
    for match in words.before_my_name.finditer(text):
        if match["name"].split(" ", 1)[0].lower() not in words.not_names | words.not_after_sure:
            yield Span(match.start("name"), match.end("name"), "name")
    yield from _known_first_names(text, words, shouted)


def _known_first_names(text: str, words: RedactionWords, shouted: bool) -> Iterator[Span]:
    """A known first name, with a surname if there is one, wherever it stands."""
    for match in words.somebody.finditer(text):
        if shouted or match["first"].lower() not in words.first_names:
            continue
        start = match.start("first")
        yield from _name_at(text, start, words, sure=False, shouted=False)


def _name_at(
    text: str, start: int, words: RedactionWords, sure: bool, shouted: bool, title: bool = False
) -> Iterator[Span]:
    found = _words_from(text, start)
    if not found:
        return
    first = found[0][0].lower().rstrip(".")
    particles = words.particles if sure else words.first_particles
    begins_with_particle = first in particles and len(found) > 1
    head = found[1][0] if begins_with_particle else found[0][0]
    if not _begins_a_name(head, first, words, sure, shouted, title, begins_with_particle):
        return
    end = _end_of_name(found, words, sure, shouted, begins_with_particle)
    yield Span(start, end, "name")


def _begins_a_name(
    head: str,
    first: str,
    words: RedactionWords,
    sure: bool,
    shouted: bool,
    title: bool,
    particle: bool,
) -> bool:
    low = head.lower().rstrip(".")
    if sure:
        return first not in words.not_after_sure and low not in words.not_after_sure
    capital = head[0].isupper() and not shouted
    # "Mevrouw de Boer": behind a title also what is a word elsewhere.
    if title and (_is_surname(low, words) or particle and capital):
        return True
    if low in words.not_names:
        return False
    # "Ik ben MOE" is no name; "Ik ben JAN" is found among the names.
    if capital and (len(head) == 1 or not head.isupper()):
        return True
    return low in words.first_names and not particle


def _end_of_name(
    found: List["re.Match[str]"],
    words: RedactionWords,
    sure: bool,
    shouted: bool,
    begins_with_particle: bool,
) -> int:
    """Where the name ends: with capitals, particles, and what is known as a surname."""
    taken = 2 if begins_with_particle else 1
    end = found[taken - 1].end()
    pending_particle = False
    for place, word in enumerate(found[taken:], taken):
        low = word[0].lower().rstrip(".")
        capital = word[0][0].isupper() and not shouted
        if low == "en" and place + 1 < len(found) and _is_another(found[place + 1][0], words):
            pending_particle = True
            continue
        if low in words.particles and not (capital and low in words.first_names):
            pending_particle = True
            continue
        is_surname = sure and pending_particle
        if not is_surname and (low in words.name_ends or (low in words.not_names and not capital)):
            break
        if not (capital or pending_particle and sure or _is_surname(low, words)):
            after_known_name = found[0][0].lower() in words.first_names and pending_particle
            if not (sure and taken == 1 or after_known_name):
                break
        end = word.end()
        taken += 1
        pending_particle = False
    return end


def _is_another(word: str, words: RedactionWords) -> bool:
    """Whether a second person is named behind "en"."""
    return word[0].isupper() and word.lower() in words.first_names


def _is_surname(low: str, words: RedactionWords) -> bool:
    return low in words.surnames or (len(low) >= 6 and low.endswith(words.surname_endings))


def _words_from(text: str, start: int) -> List["re.Match[str]"]:
    """The words that follow each other here with nothing but blanks (or a hyphen) between."""
    found: List["re.Match[str]"] = []
    place = start
    while len(found) < _MOST_WORDS:
        word: Optional["re.Match[str]"] = _WORD.match(text, place)
        if word is None:
            break
        # A full stop belongs to an initial; otherwise it ends the sentence.
        is_initial = word[0].endswith(".") and len(word[0]) == 2
        if word[0].endswith(".") and not is_initial:
            word = re.compile(r"[^.]+").match(text, place)
            if word is not None:
                found.append(word)
            break
        found.append(word)
        place = word.end()
        gap = _GAP.match(text, place)
        if gap is None:
            if is_initial:
                continue
            break
        place = gap.end()
    return found
