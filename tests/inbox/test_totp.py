"""The code of somebody's phone."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone

import pyotp
import pytest

from rasa_project.inbox import totp

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 23, 9, 0, 10, tzinfo=timezone.utc)
PERIOD = int(NOW.timestamp()) // 30


def code(steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=30 * steps))


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B (the last six digits)."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime.fromtimestamp(1111111109, timezone.utc)
    assert totp.period_of(secret, "081804", moment) == 1111111109 // 30


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(steps):
    assert totp.period_of(SECRET, code(steps), NOW) == PERIOD + steps


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_and_no_more(steps):
    assert totp.period_of(SECRET, code(steps), NOW) is None


def test_a_code_counts_once():
    assert totp.period_of(SECRET, code(), NOW, after=PERIOD) is None
    assert totp.period_of(SECRET, code(-1), NOW, after=PERIOD) is None
    assert totp.period_of(SECRET, code(1), NOW, after=PERIOD) == PERIOD + 1


def test_spaces_in_a_code_do_not_matter():
    digits = code()
    assert totp.period_of(SECRET, f" {digits[:3]} {digits[3:]} ", NOW) == PERIOD


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34", "-12345"])
def test_what_is_no_code_is_none(typed):
    assert totp.period_of(SECRET, typed, NOW) is None


def test_secrets_are_long_and_differ():
    assert len({totp.new_secret() for _ in range(50)}) == 50
    assert len(totp.new_secret()) == 32


def test_the_picture_is_svg_without_anything_that_a_policy_refuses():
    picture = totp.picture(totp.address(SECRET, "anna@debrug.example", "De Brug & Zn <x>"))
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for refused in ("<script", "style=", "<style", "href", "http://www.w3.org/1999"):
        assert refused not in picture


def test_an_app_reads_who_and_where_from_the_address():
    read = pyotp.parse_uri(totp.address(SECRET, "anna@debrug.example", "De Brug & Zn"))
    assert (read.secret, read.name, read.issuer) == (SECRET, "anna@debrug.example", "De Brug & Zn")
    assert (read.interval, read.digits) == (30, 6)


def test_a_secret_is_shown_in_groups():
    assert totp.in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
