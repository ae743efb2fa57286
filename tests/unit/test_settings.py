"""The environment."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from rasa_project import clock
from rasa_project.errors import SettingsError
from rasa_project.settings import current_practice, read_settings


def test_without_an_environment_everything_stays_on_this_computer():
    settings = read_settings({})
    assert settings.host == "127.0.0.1"
    assert settings.port == 5005
    assert settings.database_url.startswith("sqlite:///")
    assert settings.practice_file == settings.project / "practice.yml"
    assert settings.data == settings.project / "data"


def test_every_variable_is_read():
    settings = read_settings(
        {
            "RUGGESTEUN_DATABASE_URL": "postgresql://x/y",
            "RUGGESTEUN_PRACTICE": "/etc/practice.yml",
            "RUGGESTEUN_HOST": "::1",
            "RUGGESTEUN_PORT": "8080",
            "RUGGESTEUN_TURN_SECONDS": "2.5",
            "RUGGESTEUN_DETECTOR_SECONDS": "0.5",
            "RUGGESTEUN_FIXED_TIME": "2026-11-23T10:00+01:00",
            "RUGGESTEUN_ACTION_SERVER": "http://127.0.0.1:5055/webhook",
        }
    )
    assert settings.database_url == "postgresql://x/y"
    assert settings.practice_file == Path("/etc/practice.yml")
    assert (settings.host, settings.port, settings.turn_seconds) == ("::1", 8080, 2.5)
    assert settings.detector_seconds == 0.5
    assert settings.action_server == "http://127.0.0.1:5055/webhook"
    assert settings.fixed_time == datetime(2026, 11, 23, 9, tzinfo=timezone.utc)


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "80.0", "http", "²", " 80"])
def test_an_unusable_port_is_refused_by_name(port):
    with pytest.raises(SettingsError, match="RUGGESTEUN_PORT"):
        read_settings({"RUGGESTEUN_PORT": port})


@pytest.mark.parametrize("seconds", ["", "0", "-3", "300", "nan", "inf", "snel"])
def test_an_unusable_time_limit_is_refused_by_name(seconds):
    with pytest.raises(SettingsError, match="RUGGESTEUN_TURN_SECONDS"):
        read_settings({"RUGGESTEUN_TURN_SECONDS": seconds})


@pytest.mark.parametrize("moment", ["maandag", "2026-11-23T10:00", "10:00"])
def test_an_unusable_fixed_time_is_refused_by_name(moment):
    with pytest.raises(SettingsError, match="RUGGESTEUN_FIXED_TIME"):
        read_settings({"RUGGESTEUN_FIXED_TIME": moment})


def test_the_clock_can_be_fixed(monkeypatch):
    monkeypatch.setenv("RUGGESTEUN_FIXED_TIME", "2026-11-23T10:00+01:00")
    assert clock.now() == datetime(2026, 11, 23, 9, tzinfo=timezone.utc)
    monkeypatch.delenv("RUGGESTEUN_FIXED_TIME")
    assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)


def test_the_practice_is_read_once_from_the_file_that_is_named(serve_practice):
    practice = serve_practice(name="De Eerste")
    assert practice.name == "De Eerste"
    assert current_practice() is practice
