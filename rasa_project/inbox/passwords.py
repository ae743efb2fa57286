"""Passwords: how they are kept, and which ones are good enough. No database."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import FrozenSet, Optional, Sequence

import argon2

SHORTEST, LONGEST = 12, 128
_COMMON = Path(__file__).with_name("common_passwords.txt")
# What people put in the place of a letter.
_AS_LETTERS = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "azertyuiop", "asdfghjkl")
# So much must be left of a password when what is easily guessed is taken out.
_LEAST_LEFT = 6
_LEAST_DIFFERENT = 5


class Passwords:
    """Makes and checks hashes (argon2id).

    Args:
        hasher: With the parameters of now; older hashes are made anew at the next login.
    """

    def __init__(self, hasher: Optional[argon2.PasswordHasher] = None):
        self._hasher = hasher or argon2.PasswordHasher(type=argon2.Type.ID)
        # Compared with when nobody has the login, so that it takes as long.
        self._nobodys = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is stored of a password."""
        return self._hasher.hash(_normal(password))

    def matches(self, stored: Optional[str], password: str) -> bool:
        """Whether it is the password; takes as long when there is none to compare with."""
        try:
            right = self._hasher.verify(stored or self._nobodys, _normal(password)[: LONGEST * 2])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    # The same letter with an accent can be typed in two ways.
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def common_parts() -> FrozenSet[str]:
    """The commonest passwords, and the words that they are made of."""
    lines = _COMMON.read_text("utf-8").splitlines()
    return frozenset(_plain(line) for line in lines if line and not line.startswith("#"))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if letter.isalnum())


class WeakPassword(ValueError):
    """A password isn't good enough.

    Attributes:
        code: ``short``, ``long``, ``simple``, ``common`` or ``own``.
    """

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def check_strength(password: str, own: Sequence[str] = ()) -> None:
    """Refuse a password that is easily guessed.

    Args:
        password: The new one.
        own: What others know of its owner: login, name, the practice's name.

    Raises:
        WeakPassword: It is refused, and why.
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    if len(set(password.lower())) < _LEAST_DIFFERENT or _is_repeated(password.lower()):
        raise WeakPassword("simple")
    if _is_made_of(password, common_parts()):
        raise WeakPassword("common")
    if _is_made_of(password, _own_words(own)):
        raise WeakPassword("own")


def _own_words(own: Sequence[str]) -> FrozenSet[str]:
    words = {_plain(text) for text in own}
    # Also parts of them: the name before the @, a first name.
    words |= {_plain(part) for text in own for part in re.split(r"[\s@._-]+", text)}
    return frozenset(word for word in words if len(word) >= 4)


def _is_repeated(password: str) -> bool:
    return any(
        len(password) % size == 0 and password == password[:size] * (len(password) // size)
        for size in range(1, len(password) // 2 + 1)
    )


def _is_made_of(password: str, words: FrozenSet[str]) -> bool:
    """Whether too little is left when words, and rows of keys or digits, are taken out."""
    for text in (_plain(password), _plain(password.lower().translate(_AS_LETTERS))):
        if text in words:
            return True
        left = text
        found = False
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= 4 and word in left:
                left = left.replace(word, "", 1)
                found = True
        without_rows = _without_rows(left)
        if (found or without_rows != left) and len(_letters_left(without_rows)) < _LEAST_LEFT:
            return True
    return False


def _letters_left(text: str) -> str:
    # A year or "123" behind a word adds nothing that isn't tried first.
    return re.sub(r"^[0-9]{1,6}|[0-9]{1,6}$", "", text)


def _without_rows(text: str) -> str:
    """Take out rows of four or more keys that stand side by side, either way round."""
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for size in range(len(row), 3, -1):
            for start in range(len(row) - size + 1):
                text = text.replace(row[start : start + size], "")
    return text
