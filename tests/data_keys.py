"""A key for the texts of this run's databases; nothing reads or writes the developer's ``.env``."""

from __future__ import annotations

import os
from typing import Any

from rasa_project.data_keys import NAME, new_key
from rasa_project.storage.keyring import sealer
from rasa_project.storage.sealing import tag_in

# In the environment, so that processes that tests start have the same one.
KEYS = os.environ.setdefault(NAME, new_key())


def opened(value: Any) -> Any:
    """What stands behind a value that was read past our columns, by SQL."""
    is_sealed = isinstance(value, str) and tag_in(value) is not None
    return sealer().open(value) if is_sealed else value
