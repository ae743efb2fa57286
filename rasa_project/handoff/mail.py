"""Send a mail over the practice's own mail server."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Optional

from rasa_project.handoff.sending import CannotSend
from rasa_project.settings import SmtpSettings

_SECONDS = 15.0


class Mailer:
    """Sends mail, each over a connection of its own.

    Args:
        settings: Which server.
        context: Whose certificates are trusted; by default this computer's.
    """

    def __init__(self, settings: SmtpSettings, context: Optional[ssl.SSLContext] = None):
        self._settings = settings
        self._context = context

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send one mail.

        Raises:
            CannotSend: The server did not take it.
        """
        try:
            message = self._message(to, subject, text)
        except ValueError as error:
            raise self._refusal(error) from None
        await asyncio.to_thread(self._send, to, message)

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._settings.sender.partition("@")[2])
        # So that an "I am on holiday" doesn't answer it.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _send(self, to: str, message: EmailMessage) -> None:
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise self._refusal(error) from None
        try:
            if self._settings.user:
                connection.login(self._settings.user, self._settings.password)
            connection.send_message(message, self._settings.sender, [to])
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._refusal(error) from None
        finally:
            # What was taken is taken, however the goodbye goes.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def _connect(self) -> smtplib.SMTP:
        ours = self._settings
        context = self._context or ssl.create_default_context()
        if ours.security == "tls":
            return smtplib.SMTP_SSL(ours.host, ours.port, timeout=_SECONDS, context=context)
        connection = smtplib.SMTP(ours.host, ours.port, timeout=_SECONDS)
        if ours.security == "starttls":
            try:
                # Without it nothing is said: not the password, not the mail.
                connection.starttls(context=context)
            except (OSError, smtplib.SMTPException):
                connection.close()
                raise
        return connection

    def _refusal(self, error: Exception) -> CannotSend:
        # Never the error's own text: it may hold an address.
        where = f"the mail server {self._settings.host}:{self._settings.port}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return CannotSend(f"{where} refuses RUGGESTEUN_SMTP_USER and RUGGESTEUN_SMTP_PASSWORD")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return CannotSend(
                f"{where} can't do what is asked (STARTTLS or logging in): check "
                "RUGGESTEUN_SMTP_SECURITY and RUGGESTEUN_SMTP_USER"
            )
        if isinstance(error, ssl.SSLError):
            return CannotSend(
                f"{where} shows a certificate that isn't trusted, or speaks no TLS on this "
                "port: check RUGGESTEUN_SMTP_HOST, _PORT and _SECURITY"
            )
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            return CannotSend(
                f"{where} refuses the address of an account ({codes[0] if codes else 'no code'})",
                for_good=all(500 <= code < 600 for code in codes),
            )
        if isinstance(error, smtplib.SMTPSenderRefused):
            return CannotSend(f"{where} refuses RUGGESTEUN_SMTP_FROM ({error.smtp_code})")
        if isinstance(error, smtplib.SMTPResponseException):
            return CannotSend(f"{where} refuses the mail ({error.smtp_code})")
        if isinstance(error, ValueError):
            return CannotSend("the address of an account can't be written to", for_good=True)
        return CannotSend(f"{where} can't be reached ({type(error).__name__})")
