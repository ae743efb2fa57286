"""Masking what names a person: what must go, what must stay, and how well it does."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.privacy.numbers import is_bsn, is_iban, is_national_number, is_phone
from rasa_project.privacy.redaction import MAX_CHARACTERS, redact
from rasa_project.privacy.words import redaction_words
from tests.privacy.measure import damaged, read_harmless, read_ordinary, recall

MASKS = tuple(redaction_words().masks.values())
# Pieces of what is looked for, put together at random.
PIECES = st.sampled_from(
    ["06", "-", " ", "12345678", "111222333", "@", "jan", "Jan", ".nl", "NL91ABNA0417164300",
     "85.07.30-033.28", "3011", "AB", "ab", "12", "ik ben ", "mijn naam is ", "met ", "de ", "Vries",
     "straat", "Brugstraat 12", "12-03-1980", "geboren ", "mevrouw ", "+31", "(0)", "\u200b", "٣",
     "[naam]", "[", "]", "\n", "bsn ", " hier", "Hoi, ", "en ", "x", "é", "\ud83d\ude00", "0"]
)  # fmt: skip
MESSAGES = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join))


def without_masks(text: str) -> str:
    return re.sub("|".join(map(re.escape, MASKS)), "\0", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ik ben Jan Jansen, bel 06-12345678.", "Ik ben [naam], bel [telefoon]."),
        ("mijn bsn is 111222333", "mijn bsn is [bsn]"),
        ("mail jan@x.nl of bel 0470/12.34.56", "mail [mail] of bel [telefoon]"),
        ("ik ben mevrouw de Boer", "ik ben mevrouw [naam]"),
        ("rr 85.07.30-033.28", "rr [rijksregisternummer]"),
        ("NL91 ABNA 0417 1643 00 graag", "[iban] graag"),
        ("Kerkstraat 5, 2000 Antwerpen", "[adres]"),
        ("geboren op 3 maart 1975", "geboren op [datum]"),
    ],
)
def test_what_names_a_person_is_masked(text, expected):
    assert redact(text) == expected


@pytest.mark.parametrize("text", read_harmless())
def test_what_names_nobody_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    ["06\u200b12345678", "０６１２３４５６７８", "06–1234 5678", "٠٦١٢٣٤٥٦٧٨", "06\u00a012345678"],
)
def test_a_number_in_disguise_is_masked(text):
    assert redact(text) == "[telefoon]"


def test_a_name_with_accents_as_characters_of_their_own_is_masked():
    assert "Rene" not in redact("mijn naam is Rene\u0301 Claes")


# Floors under the figures that `python -m tests.privacy.measure` prints.
@pytest.mark.parametrize(
    ("name", "floor"),
    [("personal.txt", 0.97), ("personal_fresh.txt", 0.95), ("personal_third.txt", 0.92)],
)
def test_enough_is_masked(name, floor):
    counts, missed = recall(name)
    masked, total = (sum(column) for column in zip(*counts.values(), strict=True))
    assert masked / total >= floor, missed


def test_few_ordinary_messages_are_damaged():
    ordinary = read_ordinary()
    bad = damaged(ordinary)
    assert len(ordinary) > 2000
    assert len(bad) / len(ordinary) <= 0.004, bad


@given(MESSAGES)
def test_it_never_raises_and_twice_is_once(text):
    once = redact(text)
    assert redact(once) == once


@given(MESSAGES)
def test_what_is_not_masked_stays_as_it_was(text):
    place = 0
    for piece in without_masks(redact(text)).split("\0"):
        found = text.find(piece, place)
        assert found >= 0, (text, piece)
        place = found + len(piece)


@given(st.integers(0, 10**8 - 1), st.sampled_from(["06{}", "06-{}", "+316{}", "0031 6 {}"]))
def test_every_dutch_mobile_number_is_masked(number, form):
    # Some are a Belgian national number as well; what counts is that they go.
    masked = redact(f"bel {form.format(f'{number:08}')} graag")
    assert re.fullmatch(r"bel \[[a-z]+\] graag", masked)


@given(st.integers(10**8, 10**9 - 1).filter(lambda n: is_bsn(str(n))))
def test_every_bsn_is_masked(number):
    assert redact(f"nummer {number}") in ("nummer [bsn]", "nummer [telefoon]")


@given(st.dates(), st.integers(1, 997))
def test_every_belgian_national_number_is_masked(born, count):
    first = f"{born:%y%m%d}{count:03}"
    century = "2" if born.year >= 2000 else ""
    control = 97 - int(century + first) % 97
    number = f"{first}{control:02}"
    assert is_national_number(number)
    assert re.search(r"\d", redact(f"mijn nummer: {number}")) is None


def test_checks_of_numbers():
    assert is_bsn("111222333")
    assert not is_bsn("123456789")
    assert not is_bsn("000000000")
    assert is_national_number("85073003328")
    assert not is_national_number("85073003327")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("ES9121000418450200051333")
    assert is_iban("NL91ABNA0417164301"), "an account with a slip is still somebody's"
    assert is_phone("0612345678")
    assert not is_phone("0800-0113")
    assert is_phone("070-1234567")
    assert not is_phone("070 12 34 56")


def test_an_ordinary_message_takes_less_than_a_millisecond():
    texts = [text for text in read_ordinary() if len(text) < 300][:500]
    redact(texts[0])
    # The processor's time: others work on this machine too.
    started = time.process_time()
    for text in texts:
        redact(text)
    assert (time.process_time() - started) / len(texts) < 0.001


@pytest.mark.parametrize(
    "piece",
    ["a", "0 ", "1", "ik ben ", "a.b@", "NL12 ", "a-", "Jan ", "mijn naam is Jan ", "12-", "ab12",
     "van ", "06 ", ". met ", "Hoi, "],
)  # fmt: skip
def test_no_text_takes_long(piece):
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 3


def test_a_very_long_text_is_cut():
    assert len(redact("x " * MAX_CHARACTERS)) <= MAX_CHARACTERS
