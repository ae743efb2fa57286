"""Rasa's conversation events, in our database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Optional

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from rasa_project.settings import read_settings
from rasa_project.storage.engine import engine_for, tune_sqlite


class RuggesteunTrackerStore(SQLTrackerStore):
    """Rasa's SQL store on the URL of our settings, with SQLite tuned as for our own tables."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[EndpointConfig] = None,
        event_broker: Optional[EventBroker] = None,
        **kwargs: Any,
    ) -> None:
        url = read_settings().database_url
        engine_for(url)  # makes SQLite's folder, and says plainly what is wrong with a URL
        super().__init__(domain=domain, host=url, event_broker=event_broker)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", tune_sqlite)
            # The connection that created the table was opened before; renew it.
            self.engine.dispose()

    @contextmanager
    def session_scope(self) -> Iterator[Any]:
        """A session for one operation.

        Rasa's own version ends the whole process at any ValueError, such as one
        unreadable row; here the error reaches only the conversation it belongs to.
        """
        session = self.sessionmaker()
        try:
            yield session
        finally:
            session.close()
