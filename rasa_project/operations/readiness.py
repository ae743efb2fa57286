"""Whether patients can be answered: the model, the database, the actions, the alarm signs."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Awaitable, Callable, Dict, Optional
from urllib.parse import urljoin

import aiohttp
import sqlalchemy as sa

from rasa_project.errors import StorageError
from rasa_project.names import PARSE_DETECTOR_FAILED, PARSE_RED_FLAGS
from rasa_project.operations.self_test import FLAG, SENTENCE, alarm_is_found
from rasa_project.storage.engine import session_for
from rasa_project.storage.keyring import make_sure_keys_fit
from rasa_project.storage.migrate import newest_revision

logger = logging.getLogger(__name__)
_SECONDS = 4.0
# Who asks often gets the same answer: the question costs a reading of a message.
KEPT_SECONDS = 5.0


class Readiness:
    """Looks at the parts of one running assistant.

    Args:
        database_url: SQLAlchemy URL.
        agent: Gives Rasa's agent, or None while it isn't loaded.
    """

    def __init__(self, database_url: str, agent: Callable[[], Any]):
        self._url = database_url
        self._agent = agent
        self._found: Optional[Dict[str, bool]] = None
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def parts(self) -> Dict[str, bool]:
        """Which parts are in order."""
        async with self._lock:
            if self._found is None or time.monotonic() > self._until:
                self._found = await self._look()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._found

    async def _look(self) -> Dict[str, bool]:
        looks: Dict[str, Callable[[], Awaitable[bool]]] = {
            "model": self._model,
            "database": self._database,
            "actions": self._actions,
            "red_flags": self._red_flags,
        }
        return {name: await _in_time(name, look) for name, look in looks.items()}

    async def _model(self) -> bool:
        agent = self._agent()
        return agent is not None and bool(agent.is_ready())

    async def _database(self) -> bool:
        return await asyncio.to_thread(self._is_migrated)

    def _is_migrated(self) -> bool:
        with session_for(self._url) as session:
            found = session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        make_sure_keys_fit(self._url)
        return str(found) == newest_revision()

    async def _actions(self) -> bool:
        processor = self._agent().processor
        executor = getattr(processor.action_endpoint, "_executor", None)
        if executor is None:
            return await _answers(getattr(processor.action_endpoint, "url", None))
        return set(processor.domain.user_actions) <= set(executor.actions)

    async def _red_flags(self) -> bool:
        """Both ways: by the rules alone, and as a patient's message goes."""
        parsed = await self._agent().parse_message(SENTENCE)
        found = {finding.get("flag") for finding in parsed.get(PARSE_RED_FLAGS) or ()}
        return FLAG in found and not parsed.get(PARSE_DETECTOR_FAILED) and alarm_is_found()


async def _answers(webhook: Optional[str]) -> bool:
    """Whether an action server of its own is alive; it says so beside its webhook."""
    if not webhook:
        return False
    health = urljoin(webhook, "health")
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(health) as answer:
        return answer.status == 200


async def _in_time(name: str, look: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await asyncio.wait_for(look(), _SECONDS)
    except asyncio.TimeoutError:
        logger.error("Not ready: %s took too long.", name)
    except StorageError as error:
        logger.error("Not ready: %s", error)
    except Exception:  # noqa: BLE001 - whatever it is, this part isn't in order
        logger.exception("Not ready: %s.", name)
    return False
