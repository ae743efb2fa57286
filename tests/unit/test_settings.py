"""The environment."""

from __future__ import annotations

import re
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
        }
    )
    assert settings.database_url == "postgresql://x/y"
    assert settings.practice_file == Path("/etc/practice.yml")
    assert (settings.host, settings.port, settings.turn_seconds) == ("::1", 8080, 2.5)
    assert settings.detector_seconds == 0.5
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


SMTP = {"RUGGESTEUN_SMTP_HOST": "mail.debrug.example", "RUGGESTEUN_SMTP_FROM": "rug@debrug.example"}


def test_a_mail_server_is_read_and_its_password_not_shown():
    given = {**SMTP, "RUGGESTEUN_SMTP_USER": "rug", "RUGGESTEUN_SMTP_PASSWORD": "geheim"}
    found = read_settings(given).smtp
    assert (found.host, found.port, found.security) == ("mail.debrug.example", 587, "starttls")
    assert (found.sender, found.user, found.password) == ("rug@debrug.example", "rug", "geheim")
    assert "geheim" not in repr(read_settings(given))
    assert read_settings({**SMTP, "RUGGESTEUN_SMTP_SECURITY": "tls"}).smtp.port == 465
    assert read_settings({"RUGGESTEUN_SMTP_FROM": "x@y"}).smtp is None


def test_mail_without_encryption_stays_on_this_computer():
    none = {"RUGGESTEUN_SMTP_SECURITY": "none"}
    here = {**SMTP, **none, "RUGGESTEUN_SMTP_HOST": "localhost"}
    assert read_settings(here).smtp.port == 25
    with pytest.raises(SettingsError, match="on this computer"):
        read_settings({**SMTP, **none})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECURITY", "ssl"),
        ("PORT", "0"),
        ("PORT", "smtp"),
        ("FROM", ""),
        ("FROM", "De Brug"),
        ("FROM", "a@b\r\nBcc: c@d"),
    ],
)
def test_unusable_settings_for_mail_are_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=f"RUGGESTEUN_SMTP_{name}"):
        read_settings({**SMTP, f"RUGGESTEUN_SMTP_{name}": value})


def test_the_address_for_links_must_be_one_that_others_can_trust():
    ours = read_settings({"RUGGESTEUN_ADDRESS": "https://rug.debrug.example/"})
    assert ours.address == "https://rug.debrug.example"
    with pytest.raises(SettingsError, match="RUGGESTEUN_ADDRESS"):
        read_settings({"RUGGESTEUN_ADDRESS": "http://rug.debrug.example"})


def test_every_setting_is_described():
    project = Path(__file__).resolve().parents[2]
    source = (project / "rasa_project" / "settings.py").read_text("utf-8")
    names = {name for name in re.findall(r"RUGGESTEUN_[A-Z_]+[A-Z]", source)}
    pages = [project / "README.md", *(project / "docs").glob("*.md")]
    described = " ".join(page.read_text("utf-8") for page in pages)
    # Those that only stand there as the beginning of others.
    groups = {"RUGGESTEUN_SMTP", "RUGGESTEUN_CHATWOOT"}
    assert len(names) > 15
    assert sorted(name for name in names - groups if f"`{name}`" not in described) == []
