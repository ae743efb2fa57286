"""The code that an app on somebody's phone shows. Pure: the moment is always given."""

from __future__ import annotations

import hmac
import io
from datetime import datetime
from typing import Optional

import pyotp
import segno

SECONDS = 30
# A phone's clock may be off by one period either way.
_WINDOW = (0, -1, 1)


def new_secret() -> str:
    """A secret of 160 random bits, as it can be typed over."""
    return pyotp.random_base32()


def period_of(secret: str, code: str, now: datetime, after: Optional[int] = None) -> Optional[int]:
    """The period whose code this is; None when it is wrong.

    Args:
        secret: Of the account.
        code: As it was typed; spaces don't matter.
        now: The moment.
        after: The period of the last code that was used: only later ones count.
    """
    digits = "".join(code.split())
    if not (len(digits) == 6 and digits.isascii() and digits.isdecimal()):
        return None
    generator = pyotp.TOTP(secret, interval=SECONDS)
    current = int(now.timestamp()) // SECONDS
    # All are compared, so that the time tells nothing.
    matching = [
        current + step
        for step in _WINDOW
        if hmac.compare_digest(generator.at((current + step) * SECONDS), digits)
    ]
    later = [period for period in matching if after is None or period > after]
    return later[0] if later else None


def address(secret: str, login: str, practice: str) -> str:
    """What the app reads from the picture."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=login, issuer_name=practice)


def picture(text: str) -> str:
    """A QR code as an SVG file, black on white whatever the page's colours are."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=6, border=4, dark="#000000", light="#ffffff", title="QR-code"
    )
    return out.getvalue().decode("utf-8")


def in_groups(secret: str) -> str:
    """A secret in groups of four, to type it over."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
