"""Encrypt one text, and make it smaller first. Pure, but for a file of common words.

What is stored of a text is ``<tag>:<token>``. The tag says by which key it was encrypted, so that
a missing key can be named and what an older key encrypted is found by SQL. The token is Fernet's
(AES-128-CBC and HMAC-SHA256, by the library ``cryptography``), over one byte that says how the
text was packed, and the text.

Compression before encryption is dangerous where an attacker puts guesses of their own into the text
that holds somebody's secret and sees how long it becomes. Each text is packed by itself here: who
writes a message sees at most how long that message became.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional, Sequence

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.exc import DontWrapMixin

from rasa_project.errors import StorageError

_AS_IT_IS, _PACKED = b"\x00", b"\x01"
# What our texts have in common, for zlib. It may never change: what was packed with it can only
# be unpacked with it. A better one gets a number of its own.
_COMMON = Path(__file__).with_name("common_words_1.txt")
_COMMON_SHA256 = "1c05397e6ff0c8331c6034ec11aa98d353a18f7c9e1a55ed55b4c939cc4b456c"
_LEVEL, _RAW = 6, -zlib.MAX_WBITS
# What a packer remembers: 80 kB, where zlib's usual 256 kB take longer to copy than a text takes to
# pack. The window must be wider than the common words; what is packed gets no longer.
_WINDOW, _MEMORY = -14, 5
_SEALED = re.compile(r"([a-z2-7]{6}):(gAAAA[A-Za-z0-9_=-]+)")


class DataKeyError(StorageError, DontWrapMixin):
    """A text in the database can't be read with our keys, or there is no key.

    SQLAlchemy hands it on as it is.
    """


class _Key(NamedTuple):
    tag: str
    fernet: Fernet


def tag_of(key: str) -> str:
    """What a key is called: six signs that tell nothing about it."""
    raw = base64.urlsafe_b64decode(key)
    digest = hmac.new(raw, b"ruggesteun data key", hashlib.sha256).digest()
    return base64.b32encode(digest)[:6].decode().lower()


def tag_in(stored: str) -> Optional[str]:
    """The tag of the key that encrypted a text; None for what isn't encrypted."""
    match = _SEALED.fullmatch(stored)
    return match[1] if match else None


class Sealer:
    """Encrypts with the first key, and decrypts with any.

    Args:
        keys: Fernet keys, checked before.
    """

    def __init__(self, keys: Sequence[str]):
        ring = [_Key(tag_of(key), Fernet(key)) for key in keys]
        self._first = ring[0]
        self._ring: Dict[str, Fernet] = dict(ring)

    @property
    def tag(self) -> str:
        """The first key's."""
        return self._first.tag

    @property
    def tags(self) -> Sequence[str]:
        """All keys', the first one's first."""
        return tuple(self._ring)

    def seal(self, text: str) -> str:
        """Encrypt a text."""
        token = self._first.fernet.encrypt(_packed(text.encode("utf-8", "surrogatepass")))
        return f"{self._first.tag}:{token.decode()}"

    def open(self, stored: str) -> str:
        """The text behind what was stored.

        Raises:
            DataKeyError: It isn't encrypted, or not with one of our keys, or was changed.
        """
        match = _SEALED.fullmatch(stored)
        if match is None:
            raise DataKeyError(
                "A text in the database is not encrypted, or was cut off: run "
                "`make migrate`, or put a backup in its place."
            )
        fernet = self._ring.get(match[1])
        if fernet is None:
            raise DataKeyError(
                f"A text in the database was encrypted with the key {match[1]}, which is not in "
                "RUGGESTEUN_DATA_KEYS: put that key back, behind a comma."
            )
        try:
            body = fernet.decrypt(match[2])
        except InvalidToken:
            raise DataKeyError(
                f"A text in the database can't be decrypted with the key {match[1]}: it was "
                "damaged or changed. Put a backup in its place."
            ) from None
        return _unpacked(body).decode("utf-8", "surrogatepass")


def _packed(raw: bytes) -> bytes:
    packer = _packer().copy()
    small = packer.compress(raw) + packer.flush()
    return _PACKED + small if len(small) < len(raw) else _AS_IT_IS + raw


def _unpacked(body: bytes) -> bytes:
    if body[:1] == _AS_IT_IS:
        return body[1:]
    if body[:1] != _PACKED:
        raise DataKeyError("A text in the database was written by a newer Ruggesteun.")
    unpacker = zlib.decompressobj(_RAW, zdict=_common())
    return unpacker.decompress(body[1:]) + unpacker.flush()


@lru_cache(maxsize=1)
def _packer() -> Any:
    """It knows the common words; copying it is faster than teaching each time."""
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zdict=_common())


@lru_cache(maxsize=1)
def _common() -> bytes:
    words = _COMMON.read_bytes()
    if hashlib.sha256(words).hexdigest() != _COMMON_SHA256:
        raise DataKeyError(f"{_COMMON} was changed: texts can't be read without it. Put it back.")
    return words
