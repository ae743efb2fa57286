"""Numbers that name a person, each with its own check. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Callable, Iterator, Mapping

from rasa_project.privacy.spans import Span
from rasa_project.privacy.words import RedactionWords

# Between digits: at most two signs, as in "010 - 123" (three with the blanks).
_GAP = r"[ .\-/_]{0,3}"
_BEFORE = r"(?<![\w@])(?<!\d[.,])"
_AFTER = r"(?!\w)"
_MAIL = re.compile(r"[^\s@<>\"(),;:\[\]*]+@[^\s@<>\"(),;:\[\]]+")
_SPACED_MAIL = re.compile(r"[\w.+-]{1,64} ?@ ?[\w-]{1,60}\.[\w.-]{2,30}")
_SPELLED_MAIL = re.compile(
    r"[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|apenstaart(?:je)?|\bat\b)\s?"
    r"(?:(?:gmail|hotmail|outlook|live|yahoo|icloud|telenet|ziggo|kpnmail|skynet|proximus|xs4all|planet|home)\b"
    r"(?:\s?(?:\.|punt)\s?(?:com|nl|be|net|org))?|[\w-]{1,40}\s?(?:\.|punt)\s?(?:com|nl|be|net|org)\b)",
    re.IGNORECASE,
)
_IBAN = re.compile(rf"{_BEFORE}[a-z]{{2}}\d{{2}}(?:[ .-]?[a-z0-9]){{11,30}}{_AFTER}", re.IGNORECASE)
_IBAN_LENGTHS: Mapping[str, int] = {"NL": 18, "BE": 16, "DE": 22, "FR": 27, "LU": 20, "GB": 22}
_BSN = re.compile(rf"{_BEFORE}\d{{3,4}}[ .-]?\d{{2,3}}[ .-]?\d{{2,3}}{_AFTER}")
_NATIONAL = re.compile(
    rf"{_BEFORE}\d{{2}}[. -]?\d{{2}}[. -]?\d{{2}}[. -]?\d{{3}}[. -]?\d{{2}}{_AFTER}"
)
# A country's code or a zero, and what can be a number behind it.
_PHONE = re.compile(
    rf"{_BEFORE}(?:(?:\+|00)[1-9]\d{{0,2}}{_GAP}(?:\(0\){_GAP})?|\(?0)[ .\-/_]{{0,2}}"
    rf"(?:\d\)?{_GAP}){{6,13}}\d{_AFTER}"
)
# 0800, 0900 and the like are everybody's numbers; so is 116 117, which begins with a one.
_SERVICE = re.compile(r"0(?:800|900|906|909)\d{4,7}|0(?:70|78)\d{6}")
_MOBILE_WITHOUT_ZERO = re.compile(rf"{_BEFORE}6{_GAP}(?:\d{_GAP}){{7}}\d{_AFTER}")
_WORD_BEHIND = re.compile(r"[ ,(]{1,3}(?:is |als )?(?:mijn |m'n |mn )?(\w{3,30})")
_NUMERIC_DATE = re.compile(rf"{_BEFORE}(\d{{1,4}})([-/.])\s?(\d{{1,2}})\2\s?(\d{{2,4}}){_AFTER}")


def digits_of(text: str) -> str:
    """The plain digits in a text."""
    return "".join(char for char in text if char in "0123456789")


def is_bsn(digits: str) -> bool:
    """Whether eight or nine digits pass the eleven-test."""
    digits = digits.zfill(9)
    if len(digits) != 9 or digits.startswith("00") or len(set(digits)) == 1:
        return False
    weighted = sum(int(d) * weight for d, weight in zip(digits[:8], range(9, 1, -1), strict=True))
    return (weighted - int(digits[8])) % 11 == 0


def is_national_number(digits: str) -> bool:
    """Whether eleven digits are a Belgian national number (modulo 97, before or after 2000)."""
    if len(digits) != 11 or int(digits[2:4]) % 20 > 12 or int(digits[4:6]) > 31:
        return False
    control = int(digits[9:])
    return any(97 - int(century + digits[:9]) % 97 == control for century in ("", "2"))


def is_iban(text: str) -> bool:
    """Whether letters and digits, in capitals, are an IBAN (modulo 97), or one with a slip."""
    expected = _IBAN_LENGTHS.get(text[:2])
    if expected is not None and len(text) == expected and sum(map(str.isdigit, text)) >= 10:
        # A Dutch or Belgian account with a typing slip is somebody's account all the same.
        return True
    moved = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def is_phone(found: str) -> bool:
    """Whether what looks like a number can be dialled in the Netherlands or Belgium."""
    digits = digits_of(found)
    abroad = found.startswith("+") or digits.startswith("00")
    if not abroad:
        return len(digits) in (9, 10) and digits[1] != "0" and not _SERVICE.fullmatch(digits)
    number = digits[2:] if digits.startswith("00") else digits
    for code in ("31", "32"):
        if number.startswith(code):
            return len(number[2:].lstrip("0")) in (8, 9)
    return 8 <= len(number) <= 15


def mails(text: str, _words: RedactionWords) -> Iterator[Span]:
    """Mail addresses, also half ones and ones that are spelled out."""
    for pattern in (_MAIL, _SPACED_MAIL, _SPELLED_MAIL) if "@" in text else (_SPELLED_MAIL,):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "mail")


def ibans(text: str, _words: RedactionWords) -> Iterator[Span]:
    """Bank accounts."""
    for match in _IBAN.finditer(text):
        # A word behind the number belongs to it only if the check says so.
        for end in _ends_of_words(text, match.start(), match.end()):
            plain = re.sub(r"[^A-Z0-9]", "", text[match.start() : end].upper())
            if plain.isascii() and len(plain) >= 15 and is_iban(plain):
                yield Span(match.start(), end, "iban")
                break


def _ends_of_words(text: str, start: int, end: int) -> Iterator[int]:
    yield end
    for place in range(end - 1, start, -1):
        if text[place] == " ":
            yield place


def national_numbers(text: str, words: RedactionWords) -> Iterator[Span]:
    """Belgian national numbers."""
    return _checked(
        _NATIONAL, text, is_national_number, words.before_national_number, "national_number"
    )


def bsns(text: str, words: RedactionWords) -> Iterator[Span]:
    """Dutch citizen service numbers."""

    def fits(digits: str) -> bool:
        return len(digits) == 9 and is_bsn(digits)

    return _checked(_BSN, text, fits, words.before_bsn, "bsn")


def _checked(
    pattern: "re.Pattern[str]",
    text: str,
    fits: Callable[[str], bool],
    named: "re.Pattern[str]",
    kind: str,
) -> Iterator[Span]:
    for match in pattern.finditer(text):
        if fits(digits_of(match[0])) or _is_named(named, text, match):
            yield Span(match.start(), match.end(), kind)


def _is_named(named: "re.Pattern[str]", text: str, match: "re.Match[str]") -> bool:
    """Whether a word before or behind says what a number is; it needn't be typed right then."""
    if named.search(text, max(0, match.start() - 40), match.start()):
        return True
    behind = _WORD_BEHIND.match(text, match.end())
    return behind is not None and named.search(behind[1]) is not None


def phones(text: str, words: RedactionWords) -> Iterator[Span]:
    """Telephone numbers of the Netherlands and Belgium, and international ones."""
    for match in _PHONE.finditer(text):
        if is_phone(match[0]):
            yield Span(match.start(), match.end(), "phone")
    for match in _MOBILE_WITHOUT_ZERO.finditer(text):
        before = max(0, match.start() - 40)
        if len(match[0]) == 9 or words.before_phone.search(text, before, match.start()):
            yield Span(match.start(), match.end(), "phone")


def birth_dates(text: str, words: RedactionWords) -> Iterator[Span]:
    """Dates that are called a birth date, or lie long enough ago to be one."""
    first, last = words.birth_years
    for match in _NUMERIC_DATE.finditer(text):
        year = _year(match[1], match[3], match[4])
        if year and (first <= year <= last or _is_called_birth(text, match.start(), words)):
            yield Span(match.start(), match.end(), "birth_date")
    for match in words.written_date.finditer(text):
        year = int(match["year"] or 0)
        if first <= year <= last or _is_called_birth(text, match.start(), words):
            yield Span(match.start(), match.end(), "birth_date")
    for match in words.birth_number.finditer(text):
        if _is_called_birth(text, match.start(), words):
            yield Span(match.start(), match.end(), "birth_date")


def _is_called_birth(text: str, start: int, words: RedactionWords) -> bool:
    return bool(words.before_birth.search(text, max(0, start - 30), start))


def _year(first: str, month: str, last: str) -> int:
    """The year of a date, whichever way round it is written; 0 when it is none."""
    day, year = (last, first) if len(first) == 4 else (first, last)
    if len(day) > 2 or len(year) == 3:
        return 0
    full = int(year) if len(year) == 4 else 1900 + int(year)
    try:
        # Two digits may be either century; the day may also be the month.
        date(full if full else 2000, max(1, min(int(month), 12)), 1)
    except ValueError:
        return 0
    if not 1 <= int(day) <= 31 or not 1 <= int(month) <= 31 or min(int(day), int(month)) > 12:
        return 0
    return full


def addresses(text: str, words: RedactionWords) -> Iterator[Span]:
    """Postcodes with a house number, and streets with theirs."""
    for match in words.postcode.finditer(text):
        letters = match["letters"]
        is_sure = letters.isupper() or "number" in match.groupdict() and match["number"]
        if letters.lower() in words.not_postcodes and not (letters.isupper() and match["number"]):
            continue
        if is_sure or not match["gap"]:
            yield Span(match.start(), match.end(), "address")
    for match in words.street.finditer(text):
        if match["street"].lower() not in words.not_streets:
            yield Span(match.start(), match.end(), "address")
