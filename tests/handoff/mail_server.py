"""A real mail server, in a thread of the test's process."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, List, Optional, Tuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "praktijk", "heel geheim"


class Taker:
    """Takes mail, and says no when a test wants that."""

    def __init__(self) -> None:
        self.mail: List[Tuple[List[str], EmailMessage]] = []
        self.refuse_to: Optional[str] = None
        self.refuse_mail: Optional[str] = None

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.refuse_to:
            return self.refuse_to
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse_mail:
            return self.refuse_mail
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mail.append((list(envelope.rcpt_tos), message))  # type: ignore[arg-type]
        return "250 OK"


def certificate(folder: Path) -> Tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for 127.0.0.1: the server's side, and a side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


class _Server(Controller):
    def __init__(self, handler: Taker, options: dict, **more: Any):
        self._options = options
        super().__init__(handler, hostname="127.0.0.1", port=0, **more)

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self._options)

    def _trigger_server(self) -> None:
        # The port is only known now; aiosmtpd would knock on port 0.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)


def start(
    taker: Taker,
    starttls: Optional[ssl.SSLContext] = None,
    tls: Optional[ssl.SSLContext] = None,
    login: bool = False,
) -> _Server:
    options: dict = {}
    if starttls is not None:
        options.update(tls_context=starttls, require_starttls=True)
    if login:
        options.update(authenticator=check, auth_required=True, auth_require_tls=tls is None)
    server = _Server(taker, options, ssl_context=tls)
    server.start()
    return server
