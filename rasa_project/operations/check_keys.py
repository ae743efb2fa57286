"""Whether the keys for the texts in the database are there, and the right ones."""

from __future__ import annotations

from typing import Iterator

from sqlalchemy.exc import SQLAlchemyError

from rasa_project.data_keys import HOW_TO_MAKE, NAME
from rasa_project.errors import StorageError
from rasa_project.operations.check_database import sqlite_file
from rasa_project.operations.findings import Finding, fine, mind, wrong
from rasa_project.operations.rotate_key import count_others
from rasa_project.settings import LOCAL, Settings
from rasa_project.storage.engine import engine_for
from rasa_project.storage.keyring import check_keys, keys_on_record
from rasa_project.storage.sealing import DataKeyError, Sealer


def check_data_keys(settings: Settings) -> Iterator[Finding]:
    """Keys that are missing, wrong, or not needed any more; texts that none of them reads."""
    file = sqlite_file(settings.database_url)
    is_new = file is not None and not file.exists()
    try:
        known = [] if is_new else keys_on_record(settings.database_url)
        check_keys(known, settings.data_keys, "The database")
        if settings.data_keys:
            yield from _keys(settings, is_new)
        elif settings.profile == LOCAL:
            yield mind(
                f"There is no key for the database's texts yet ({NAME}): `make run` makes it."
            )
        else:
            yield wrong(f"{NAME} is not set: {HOW_TO_MAKE}.")
    except DataKeyError as error:
        yield wrong(str(error))
    except (StorageError, SQLAlchemyError):
        # The check of the database tells it.
        return


def _keys(settings: Settings, is_new: bool) -> Iterator[Finding]:
    ours = Sealer(settings.data_keys)
    others = 0
    if not is_new and keys_on_record(settings.database_url):
        with engine_for(settings.database_url).connect() as connection:
            others = count_others(connection, ours.tags)
    if others:
        yield wrong(f"{others} texts in the database are not encrypted with any key of {NAME}.")
    else:
        yield fine(f"Texts in the database are encrypted with the key {ours.tag}.")
    if len(ours.tags) > 1:
        yield mind(
            f"{NAME} holds older keys: run `ruggesteun rotate-key`, and take them out after that."
        )
