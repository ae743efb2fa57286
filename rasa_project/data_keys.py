"""The keys with which the database's texts are encrypted: what may be one, and making one."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import FrozenSet, Tuple

from cryptography.fernet import Fernet

from rasa_project.errors import SettingsError
from rasa_project.yaml_lines import read_yaml

NAME = "RUGGESTEUN_DATA_KEYS"
HOW_TO_MAKE = "make one with `.venv/bin/python -m rasa_project new-key`"
_BYTES = 32
_EXAMPLES = Path(__file__).resolve().parent.parent / "data" / "example_secrets.yml"
# A random key has about thirty different bytes; one with fewer than this does not come up.
_FEWEST_DIFFERENT = 16


def new_key() -> str:
    """A key that nobody can guess."""
    while True:
        key = Fernet.generate_key().decode()
        # A word that gives an example away, which once in some thousands comes up by chance.
        if not any(word in key.lower() for word in read_yaml(_EXAMPLES)["words"]):
            return key


def read_data_keys(text: str) -> Tuple[str, ...]:
    """The keys in the setting: the first encrypts, all decrypt.

    Args:
        text: Keys with commas between them.

    Raises:
        SettingsError: One can't be a key, stands in an example, or is too simple. The key itself
            is not repeated.
    """
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    for place, key in enumerate(keys, 1):
        _check(key, place if len(keys) > 1 else 0)
    if len(set(keys)) < len(keys):
        raise SettingsError(f"{NAME} holds one key twice: take one of them out")
    return keys


def _check(key: str, place: int) -> None:
    which = f"{NAME}, key {place}," if place else NAME
    try:
        raw = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if len(raw) != _BYTES or base64.urlsafe_b64encode(raw).decode() != key:
        raise SettingsError(f"{which} is no key: {HOW_TO_MAKE}")
    if key in _examples() or _is_simple(raw):
        raise SettingsError(f"{which} is out of an example or too simple: {HOW_TO_MAKE}")


def _is_simple(raw: bytes) -> bool:
    steps = {(after - before) % 256 for before, after in zip(raw, raw[1:], strict=False)}
    # A word or a sentence that somebody thought of, a counter, a repetition.
    return len(set(raw)) < _FEWEST_DIFFERENT or len(steps) < 8 or all(32 <= b < 127 for b in raw)


@lru_cache(maxsize=1)
def _examples() -> FrozenSet[str]:
    return frozenset(read_yaml(_EXAMPLES)["data_keys"])
