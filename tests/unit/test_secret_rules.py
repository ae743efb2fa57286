"""Secrets that nobody may use."""

from __future__ import annotations

import dataclasses

import pytest

from rasa_project.errors import SettingsError
from rasa_project.operations.secret_rules import SECRETS, refuse_weak_secrets, weaknesses
from rasa_project.settings import read_settings

GOOD, ALSO_GOOD = "k3Jx9-Qw82_zLpT7vBnM4sRd", "Zq83hVtR2mLx9KpWc5Ny7BdF"


def given(secret: str, value: str) -> dict:
    is_url = next(one.is_in_url for one in SECRETS if one.name == secret)
    return {secret: f"postgresql://me:{value}@h/db" if is_url else value}


@pytest.mark.parametrize("name", [secret.name for secret in SECRETS])
@pytest.mark.parametrize("value", ["changeme-changeme-changeme-changeme", "letmein", "x" * 40])
def test_an_example_is_refused_for_each_secret(name, value):
    (text,) = weaknesses(given(name, value))
    assert name in text
    assert value not in text


@pytest.mark.parametrize("name", [one.name for one in SECRETS if one.shortest])
def test_a_short_one_is_refused_for_each_secret(name):
    (text,) = weaknesses(given(name, "k3Jx9-Q"))
    assert "too short" in text


@pytest.mark.parametrize("name", [secret.name for secret in SECRETS])
def test_one_of_ones_own_is_fine(name):
    assert weaknesses(given(name, GOOD)) == []


def test_two_secrets_may_not_be_the_same():
    (text,) = weaknesses({"RUGGESTEUN_LOG_KEY": GOOD, "RUGGESTEUN_METRICS_TOKEN": GOOD})
    assert "the same as RUGGESTEUN_LOG_KEY" in text
    assert weaknesses({"RUGGESTEUN_LOG_KEY": GOOD, "RUGGESTEUN_METRICS_TOKEN": ALSO_GOOD}) == []


def test_what_stands_in_our_own_pages_is_an_example():
    # docs/accounts.md shows the form of such a value.
    from rasa_project.operations.secret_rules import _instructions

    quoted = next(word for word in _instructions().split() if len(word) > 24)
    assert "looks like an example" in weaknesses({"RUGGESTEUN_LOG_KEY": quoted})[0]


def test_a_secret_that_is_not_in_the_list_is_looked_at_too():
    texts = weaknesses({"RUGGESTEUN_NEW_KEYS": f"{GOOD},changeme-changeme"})
    assert len(texts) == 1
    assert "RUGGESTEUN_NEW_KEYS" in texts[0]


def test_every_secret_of_the_settings_is_in_the_list():
    text = (read_settings({}).project / "rasa_project" / "settings.py").read_text("utf-8")
    for name in ("LOG_KEY", "METRICS_TOKEN", "ACTION_SECRET", "TELEGRAM_TOKEN"):
        assert f'"RUGGESTEUN_{name}"' in text
        assert f"RUGGESTEUN_{name}" in [secret.name for secret in SECRETS]


def test_for_patients_on_the_internet_the_assistant_does_not_start_with_one(capsys):
    local = read_settings({})
    bad = {"RUGGESTEUN_LOG_KEY": "changeme-changeme-changeme"}
    with pytest.raises(SettingsError, match="RUGGESTEUN_LOG_KEY"):
        refuse_weak_secrets(dataclasses.replace(local, profile="server"), bad)
    assert capsys.readouterr().out == ""
    refuse_weak_secrets(local, bad)
    assert "Mind: RUGGESTEUN_LOG_KEY" in capsys.readouterr().out
    refuse_weak_secrets(dataclasses.replace(local, profile="server"), {"RUGGESTEUN_LOG_KEY": GOOD})
