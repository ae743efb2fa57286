"""Whether channels that trust any sender id are served: only while trying things out."""

from __future__ import annotations

import logging
from typing import Any, List

from rasa_project.settings import LOCAL, Settings

logger = logging.getLogger(__name__)
HERE = ("127.0.0.1", "::1", "localhost")
# Rasa's own, and ours with a guard in front: on each anybody could speak as any patient.
TRUSTING = ("rest", "callback", "socketio", "rasa", "cmdline")


def may_trust_senders(settings: Settings) -> bool:
    """Only in the profile ``local``, and only when others can't reach this computer's port."""
    return settings.profile == LOCAL and settings.host in HERE


def behind_proxy(settings: Settings) -> bool:
    """Whether others reach us through a proxy, by what the settings say."""
    return bool(settings.proxies or settings.address or settings.telegram_webhook)


def allowed_channels(channels: List[Any], settings: Settings) -> List[Any]:
    """The channels without those that may not be served; said once when there are such."""
    if may_trust_senders(settings):
        return channels
    refused = [channel.name() for channel in channels if channel.name() in TRUSTING]
    if refused:
        logger.warning(
            "Not served: the channel %s trusts any sender id. It is for RUGGESTEUN_PROFILE=local "
            "on 127.0.0.1 only.",
            ", ".join(refused),
        )
    return [channel for channel in channels if channel.name() not in TRUSTING]
