"""What one practice says about itself in ``practice.yml``."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Tuple

from pydantic import BaseModel, Extra, Field, validator

from rasa_project.yaml_lines import parse, read_yaml

Country = Literal["NL", "BE"]
WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")

_PHONE = re.compile(r"^\+?[0-9][0-9 ()./-]{4,}[0-9]$")
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
# A website as browsers name it: no path, no slash at the end.
_WEBSITE = re.compile(
    r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$"
)
_SPAN = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False
        anystr_strip_whitespace = True


class Address(_Strict):
    street: str = Field(min_length=1)
    postcode: str = Field(min_length=1)
    city: str = Field(min_length=1)
    directions: str = ""

    def __str__(self) -> str:
        return f"{self.street}, {self.postcode} {self.city}"


class TimeSpan(_Strict):
    """Open from ``start`` up to ``end``, local time, on one day."""

    start: time
    end: time

    @classmethod
    def parse_text(cls, text: Any) -> "TimeSpan":
        """Read ``"08:00-12:30"``.

        Raises:
            ValueError: It is not a span of time, or it ends before it starts.
        """
        match = _SPAN.match(text.strip()) if isinstance(text, str) else None
        if not match:
            raise ValueError(f'write a span of time as "08:00-12:30", not {text!r}')
        h1, m1, h2, m2 = (int(part) for part in match.groups())
        span = cls(start=time(h1, m1), end=time(h2, m2))
        if span.end <= span.start:
            raise ValueError(f"{text!r} ends before it starts")
        return span


class Closure(_Strict):
    first_day: date
    last_day: date
    reason: str = ""

    @validator("last_day")
    def _in_order(cls, last_day: date, values: Dict[str, Any]) -> date:
        if "first_day" in values and last_day < values["first_day"]:
            raise ValueError("last_day lies before first_day")
        return last_day


class Retention(_Strict):
    """After how many days a conversation is erased, and after how many years the audit is."""

    days: int = Field(default=30, ge=1, le=365)
    # With what a human said or was asked; longer, because people come back to it.
    days_with_hand_off: int = Field(default=365, ge=1, le=3650)
    # Lines of the audit: who of the practice did what. At least five years in the Netherlands
    # (Staatscourant 2019, 38007), and no longer than a medical record.
    audit_years: int = Field(default=5, ge=1, le=20)


class Price(_Strict):
    item: str = Field(min_length=1)
    price: str = Field(min_length=1)
    note: str = ""


class Therapist(_Strict):
    name: str = Field(min_length=1)
    role: str = ""
    specialities: List[str] = []


class Handoff(_Strict):
    """How a conversation gets to a human; minutes count from when something began.

    Attributes:
        minutes_to_answer: What patients are told that it usually takes.
        minutes_until_callback: Nobody came: a call-back is offered.
        minutes_until_escalation: Nobody came: a second person is told.
        minutes_until_taken_back: The therapist doesn't answer: back into the queue.
        always_human: Topics of the catalogue after whose answer a human is asked for.
    """

    minutes_to_answer: int = Field(default=5, ge=1, le=120)
    minutes_until_callback: int = Field(default=10, ge=1, le=240)
    minutes_until_escalation: int = Field(default=3, ge=1, le=240)
    minutes_until_taken_back: int = Field(default=10, ge=2, le=240)
    always_human: List[str] = []


class Practice(_Strict):
    """One practice. Only name, country and phone must be there.

    What is left empty is answered with the phone number, never with a guess.
    """

    name: str = Field(min_length=1)
    country: Country
    phone: str
    mail: Optional[str] = None
    address: Optional[Address] = None
    hours: Dict[str, List[TimeSpan]] = {}
    closed_on_public_holidays: bool = True
    closures: List[Closure] = []
    booking_link: Optional[str] = None
    retention: Retention = Field(default_factory=Retention)
    prices: List[Price] = []
    reimbursement: str = ""
    therapists: List[Therapist] = []
    local_out_of_hours_phone: Optional[str] = None
    patients_from_both_countries: bool = False
    websites: List[str] = []
    chat_address: Optional[str] = None
    handoff: Handoff = Handoff()

    @property
    def alarm_countries(self) -> Tuple[Country, ...]:
        """Whose numbers an alarm names while the patient has not said where they live."""
        return ("NL", "BE") if self.patients_from_both_countries else (self.country,)

    @validator("phone", "local_out_of_hours_phone", pre=True)
    def _is_text(cls, value: Any) -> Any:
        # Without quotes YAML reads 0101234567 as a number, and its first zero is gone.
        if isinstance(value, (int, float)):
            raise ValueError("write the phone number in quotes")
        return value

    @validator("phone", "local_out_of_hours_phone")
    def _is_phone(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not _PHONE.match(value):
            raise ValueError(f"{value!r} does not look like a phone number; write it in quotes")
        return value

    @validator("mail")
    def _is_mail(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not _MAIL.match(value):
            raise ValueError(f"{value!r} does not look like a mail address")
        return value

    @validator("booking_link")
    def _is_link(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not value.startswith("https://"):
            raise ValueError("the booking link must start with https://")
        return value

    @validator("chat_address")
    def _is_chat_address(cls, value: Optional[str]) -> Optional[str]:
        if value is not None and not re.match(r"^https://[^\s]+$", value):
            raise ValueError("the address of the chat must start with https://")
        return value

    @validator("websites", each_item=True)
    def _is_website(cls, value: str) -> str:
        website = value.lower()
        if not _WEBSITE.match(website):
            raise ValueError(
                f'{value!r} is not a website: write "https://www.debrug.example", without '
                "anything behind the name (http:// only for localhost and 127.0.0.1)"
            )
        # Browsers leave the usual port away.
        return re.sub("^(https://.*):443$|^(http://.*):80$", r"\1\2", website)

    @validator("hours", pre=True)
    def _read_hours(cls, value: Any) -> Any:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ValueError('write the hours as `maandag: ["08:00-12:00", "13:00-17:30"]`')
        hours: Dict[str, List[TimeSpan]] = {}
        for day, spans in value.items():
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is not a day; use {', '.join(WEEKDAYS)}")
            if not isinstance(spans, list):
                raise ValueError(f'{day}: write a list, as in `["08:00-12:00"]`, or [] when closed')
            hours[day] = [TimeSpan.parse_text(span) for span in spans]
        return hours

    def spans_on(self, weekday: int) -> Tuple[TimeSpan, ...]:
        """The regular opening spans on a weekday (0 = Monday)."""
        return tuple(self.hours.get(WEEKDAYS[weekday], []))


def read_practice(path: Path) -> Practice:
    """Read and check a practice file.

    Raises:
        DataFileError: With the line of each thing that is wrong.
    """
    return parse(Practice, read_yaml(path), path)
