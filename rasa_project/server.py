"""Serve the assistant: Rasa's own server, with the actions executed inside it."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any, Optional

import rasa.core.run
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, redirect
from threadpoolctl import threadpool_limits

from actions.services import services
from rasa_project.action_server import action_endpoint
from rasa_project.channels.website import ADDRESS
from rasa_project.conversation.hub import hub
from rasa_project.conversation.triage_file import triage_file
from rasa_project.dialogue.context import catalogue, context_scores, twins
from rasa_project.errors import RuggesteunError
from rasa_project.handoff.sweeper import Sweeper, sweep_while_serving
from rasa_project.in_process import InProcessActions, InProcessProcessor
from rasa_project.logs import configure_logs, silence_libraries
from rasa_project.operations.plain_errors import plain_errors
from rasa_project.operations.routes import operations
from rasa_project.ports import check_port
from rasa_project.privacy.consent_texts import consent_texts
from rasa_project.privacy.nightly import erase_nightly
from rasa_project.settings import Settings, current_practice
from rasa_project.surfaces.protect import protect
from rasa_project.surfaces.rest_channel import allowed_channels
from rasa_project.surfaces.time_outs import HurriedProtocol
from rasa_project.workers.together import work_together

logger = logging.getLogger(__name__)
# Streams end at once, and what is not answered yet is answered after the next start.
_STOP_SECONDS = 2.0
# What people type, and the page that they mean.
_SHORT_ADDRESSES = {"/": ADDRESS, f"{ADDRESS}/": ADDRESS, "/inbox/": "/inbox"}
_SWITCH_SECONDS = 0.0005


class ModelNotLoaded(RuggesteunError):
    """Rasa could not load the model."""


async def _load(
    settings: Settings, model: Path, endpoints: AvailableEndpoints, app: Sanic, loop: Any
) -> None:
    agent = await rasa.core.run.load_agent_on_start(str(model), endpoints, None, app, loop)
    if not agent.is_ready():
        raise ModelNotLoaded(
            f"The model {model} can't be loaded; the lines above say why. Delete it and run "
            "`make run` again."
        )
    # Nothing is read for the first time in a patient's turn.
    for read in (services, catalogue, triage_file, twins, context_scores, consent_texts):
        read()
    _warn_of_unknown_topics()
    if not settings.action_server:
        agent.action_endpoint = InProcessActions()
        agent.processor = InProcessProcessor(agent.processor, agent.action_endpoint)
    store = agent.processor.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        # Rasa would go on with an empty memory when the database fails, and forget an
        # alarm. We would rather fail the turn: the channel then gives the fixed sentence.
        agent.processor.tracker_store = agent.tracker_store = store._tracker_store
    # What is loaded now stays to the end. Python needn't look through it for waste again,
    # not in a patient's turn and not for seconds when the server has ended.
    gc.collect()
    gc.freeze()
    # Before any channel listens.
    silence_libraries()


def _warn_of_unknown_topics() -> None:
    unknown = set(current_practice().handoff.always_human) - services().knowledge.topic_ids()
    if unknown:
        logger.warning(
            "practice.yml, handoff, always_human: there is no topic %s.", ", ".join(sorted(unknown))
        )


def _announce(settings: Settings, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(
        f"\nRuggesteun is ready: http://{host}:{settings.port}{ADDRESS}  (Ctrl-C stops it)\n",
        flush=True,
    )
    if settings.fixed_time is not None:
        logger.warning(
            "RUGGESTEUN_FIXED_TIME: for this assistant it is always %s. Take it off for patients.",
            settings.fixed_time.isoformat(),
        )


async def _to_the_page(request: Request) -> Optional[HTTPResponse]:
    """Whoever types only the address gets the chat instead of Rasa's greeting."""
    page = _SHORT_ADDRESSES.get(request.path)
    return redirect(page) if page and request.method == "GET" else None


def serve(settings: Settings, model: Path) -> None:
    """Serve until interrupted.

    Raises:
        PortInUse: The port is taken.
        ModelNotLoaded: The model can't be loaded.
    """
    configure_logs(settings.log_format, settings.log_key)
    # A turn hands over to threads (alarm signs; all that asks PostgreSQL) and wants its
    # processor back; Python's 5 ms are long for that (docs/performance.md).
    sys.setswitchinterval(_SWITCH_SECONDS)
    # A message's numbers are few: to share them out over processors takes longer than to add
    # them up, and takes those processors from other patients.
    threadpool_limits(limits=1, user_api="blas")
    check_port(settings.host, settings.port)
    project = settings.project
    endpoints = AvailableEndpoints.read_endpoints(str(project / "endpoints.yml"))
    if settings.action_server:
        endpoints.action = action_endpoint(settings)
    channels = rasa.core.run.create_http_input_channels(None, str(project / "credentials.yml"))
    app = rasa.core.run.configure_app(
        allowed_channels(channels, settings),
        enable_api=False,
        port=settings.port,
        endpoints=endpoints,
    )
    protect(app, settings)
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = _STOP_SECONDS
    app.blueprint(operations(settings))
    plain_errors(app)
    erase_nightly(app, settings)
    app.register_middleware(_to_the_page, "request")
    app.register_listener(partial(_load, settings, model, endpoints), "before_server_start")
    work_together(app, settings)
    sweep_while_serving(app, Sweeper(settings.database_url), hub)
    app.register_listener(partial(_announce, settings), "after_server_start")
    app.register_listener(rasa.core.run.close_resources, "after_server_stop")
    app.run(
        host=settings.host,
        port=settings.port,
        workers=1,
        access_log=False,
        motd=False,
        protocol=HurriedProtocol,
    )
