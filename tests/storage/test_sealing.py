"""Texts that are encrypted: what comes back, and what is refused."""

from __future__ import annotations

import base64
import json
import os
import random
import zlib

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.data_keys import new_key, read_data_keys
from rasa_project.errors import RuggesteunError, SettingsError
from rasa_project.storage import sealing
from rasa_project.storage.sealed import SealedText
from rasa_project.storage.sealing import DataKeyError, Sealer, tag_in, tag_of
from rasa_project.storage.tables import ConversationEventRow
from tests.data_keys import KEYS

OLD, NEW = new_key(), new_key()


@given(st.text(alphabet=st.characters(), max_size=2000))
def test_every_text_comes_back(text):
    ours = Sealer([OLD])
    assert ours.open(ours.seal(text)) == text


def test_what_is_stored_says_by_which_key_and_nothing_else():
    stored = Sealer([NEW, OLD]).seal("kwabbelsnor")
    assert tag_in(stored) == tag_of(NEW) == Sealer([NEW]).tag
    assert "kwabbelsnor" not in stored
    # Not by chance, and not in base64 either.
    token = base64.urlsafe_b64decode(stored.partition(":")[2])
    assert b"kwabbelsnor" not in token
    # Anybody with the key and the library can read it.
    assert b"kwabbelsnor" in Fernet(NEW).decrypt(stored.partition(":")[2])
    assert NEW not in stored
    assert stored != Sealer([NEW]).seal("kwabbelsnor")


def test_an_older_key_decrypts_and_the_first_encrypts():
    before = Sealer([OLD]).seal("ik heb rugpijn")
    both = Sealer([NEW, OLD])
    assert both.open(before) == "ik heb rugpijn"
    assert Sealer([NEW]).open(both.seal("x")) == "x"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("ik heb rugpijn", "not encrypted, or was cut off"),
        ('{"text": "ik heb rugpijn"}', "not encrypted, or was cut off"),
        ("", "not encrypted, or was cut off"),
        (Sealer([OLD]).seal("x")[:40], "can't be decrypted"),
        (Sealer([OLD]).seal("x" * 99)[:-6] + "AAAAA=", "can't be decrypted"),
        (Sealer([NEW]).seal("ik heb rugpijn"), f"with the key {tag_of(NEW)}, which is not in"),
    ],
    # The keys are new each time, and several processes must agree on what the tests are called.
    ids=["plain", "json", "empty", "cut-off", "changed", "other-key"],
)
def test_what_cant_be_decrypted_is_an_error_of_ours_without_the_text(stored, said):
    with pytest.raises(DataKeyError, match=said) as caught:
        Sealer([OLD]).open(stored)
    assert isinstance(caught.value, RuggesteunError)
    text = str(caught.value)
    assert "rugpijn" not in text
    assert OLD not in text
    assert "\n" not in text


def test_long_texts_get_smaller():
    event = json.dumps(
        {
            "event": "user",
            "text": "mag ik fietsen met rugpijn?",
            "parse_data": {
                "intent_ranking": [{"name": "fietsen", "confidence": 0.1}] * 10,
                "questions": [],
                "red_flags": [],
            },
        }
    )
    stored = Sealer([OLD]).seal(event)
    assert len(stored) < 0.6 * len(event)
    assert Sealer([OLD]).open(stored) == event


@pytest.mark.parametrize("size", [1, 7_000, 20_000, 300_000])
def test_a_text_longer_than_what_the_packer_remembers_comes_back(size):
    numbers = random.Random(size)
    text = " ".join(str(numbers.randrange(10**6)) for _ in range(size // 7 + 1))
    # What it begins with comes back at its end, too far away to be pointed at.
    text += text[:2000]
    stored = Sealer([OLD]).seal(text)
    assert Sealer([OLD]).open(stored) == text
    assert size < 1000 or len(stored) < len(text)


def test_what_was_packed_with_a_wider_window_can_be_read():
    text = "mag ik fietsen met rugpijn? " * 40
    before = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=sealing._common())
    packed = before.compress(text.encode()) + before.flush()
    token = Fernet(OLD).encrypt(b"\x01" + packed).decode()
    assert Sealer([OLD]).open(f"{tag_of(OLD)}:{token}") == text


def test_the_common_words_may_not_change(monkeypatch, tmp_path):
    other = tmp_path / "words.txt"
    other.write_text("something else", "utf-8")
    monkeypatch.setattr(sealing, "_COMMON", other)
    sealing._common.cache_clear()
    try:
        with pytest.raises(DataKeyError, match="was changed"):
            sealing._common()
    finally:
        sealing._common.cache_clear()


def test_an_encrypted_column_can_only_be_asked_whether_it_is_empty():
    table = sa.table("t", sa.column("secret", SealedText))
    assert "IS NULL" in str(table.c.secret.is_(None))
    for wrong in (
        lambda: table.c.secret == "x",
        lambda: table.c.secret.like("%x%"),
        lambda: table.c.secret.in_(["x"]),
        lambda: ConversationEventRow.content == {},
        lambda: ConversationEventRow.content.contains("x"),
    ):
        with pytest.raises(TypeError, match="can't be compared or searched"):
            wrong()


# ---- keys


def test_keys_are_read_in_their_order():
    assert read_data_keys(f" {NEW} , {OLD},") == (NEW, OLD)
    assert read_data_keys("") == ()
    assert len(KEYS) == 44


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("geheim", "is no key"),
        (OLD[:-2], "is no key"),
        (OLD[:-2] + "é=", "is no key"),
        (f"{NEW},{OLD[:10]}", "key 2, is no key"),
        (f"{NEW},{NEW}", "one key twice"),
        ("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "out of an example or too simple"),
        ("A" * 43 + "=", "too simple"),
        (base64.urlsafe_b64encode(bytes(range(32))).decode(), "too simple"),
        (base64.urlsafe_b64encode(b"Dit is mijn geheime zin van 32!!").decode(), "too simple"),
        (base64.urlsafe_b64encode(os.urandom(4) * 8).decode(), "too simple"),
    ],
    ids=[f"key-{number}" for number in range(10)],
)
def test_what_is_no_good_key_is_refused_and_not_repeated(text, said):
    with pytest.raises(SettingsError, match=said) as caught:
        read_data_keys(text)
    told = str(caught.value)
    assert "RUGGESTEUN_DATA_KEYS" in told
    assert not any(part and part in told for part in text.split(","))


def test_keys_of_our_making_are_always_good():
    for _ in range(200):
        key = new_key()
        assert read_data_keys(key) == (key,)
