"""What a patient who types "mijn gegevens" or "verwijder mijn gegevens" is answered."""

from __future__ import annotations

from typing import Any, Dict, Optional

from rasa_project.conversation.events import PatientMessage, reply_content
from rasa_project.privacy.consent_texts import (
    ERASE,
    ERASE_PAYLOAD,
    EXPORT,
    EXPORT_PAYLOAD,
    consent_texts,
    right_asked_for,
    said,
)

_BY_PAYLOAD = {EXPORT_PAYLOAD: EXPORT, ERASE_PAYLOAD: ERASE}


def reply_about_rights(message: PatientMessage) -> Optional[Dict[str, Any]]:
    """The reply, with a button that the patient's side acts upon itself; None for all else.

    Nothing is given or erased by it: that takes the conversation's token, and for erasing a
    second yes.
    """
    if message.payload is None:
        asked = right_asked_for(message.text)
    else:
        asked = _BY_PAYLOAD.get(message.payload)
    if asked is None:
        return None
    ours = consent_texts().said
    if asked == EXPORT:
        text, button, payload = ours.export, ours.export_button, EXPORT_PAYLOAD
    else:
        text, button, payload = ours.erase, ours.erase_button, ERASE_PAYLOAD
    buttons = [{"title": button, "payload": payload}]
    return reply_content([{"text": said(text), "buttons": buttons}])
