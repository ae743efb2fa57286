"""Begin a conversation on the website as a patient who agrees to what is kept."""

from __future__ import annotations

from typing import Any, Dict

import requests


def begin_and_agree(base: str, seconds: float) -> Dict[str, Any]:
    """What the server says of the new conversation.

    Args:
        base: Where the chat's calls are.
        seconds: So long may each of the two calls take.

    Raises:
        AssertionError: One of them was refused.
    """
    begun = requests.post(f"{base}/session", json={}, timeout=seconds)
    assert begun.status_code == 201, begun.text
    told: Dict[str, Any] = begun.json()
    agreed = requests.post(
        f"{base}/consent",
        json={"version": told["consent"]["version"], "given": True},
        headers={"Authorization": f"Bearer {told['token']}"},
        timeout=seconds,
    )
    assert agreed.status_code == 200, agreed.text
    return told
