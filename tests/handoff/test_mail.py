"""Mail, over a real mail server."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from rasa_project.handoff.mail import Mailer
from rasa_project.handoff.sending import CannotSend
from rasa_project.settings import SmtpSettings
from tests.handoff.mail_server import PASSWORD, USER, Taker, certificate, start

TEXT = "Nieuw gesprek wacht, urgent: ja\n\nOpenen: https://rug.example/inbox/open/7 – é\n"


@pytest.fixture
def taker():
    return Taker()


@pytest.fixture
def contexts(tmp_path):
    return certificate(tmp_path)


@pytest.fixture
def serve(taker):
    servers = []

    def begin(**options):
        servers.append(start(taker, **options))
        return servers[-1].port

    yield begin
    for server in servers:
        server.stop()


def settings(port, security="none", **more):
    return SmtpSettings("127.0.0.1", port, security, "rug@debrug.example", **more)


async def send(mailer, to="anna@debrug.example"):
    await mailer.send(to, "Nieuw gesprek wacht, urgent: ja", TEXT)


async def test_a_mail_arrives_whole(serve, taker):
    await send(Mailer(settings(serve())))
    ((to, message),) = taker.mail
    assert to == ["anna@debrug.example"]
    assert message["Subject"] == "Nieuw gesprek wacht, urgent: ja"
    assert message["From"] == "rug@debrug.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message["Message-ID"].endswith("@debrug.example>")
    assert message.get_content().replace("\r\n", "\n") == TEXT


async def test_over_starttls_with_a_password(serve, taker, contexts):
    ours, theirs = contexts
    port = serve(starttls=ours, login=True)
    await send(Mailer(settings(port, "starttls", user=USER, password=PASSWORD), theirs))
    assert len(taker.mail) == 1


async def test_over_tls_with_a_password(serve, taker, contexts):
    ours, theirs = contexts
    port = serve(tls=ours, login=True)
    await send(Mailer(settings(port, "tls", user=USER, password=PASSWORD), theirs))
    assert len(taker.mail) == 1


async def test_a_server_without_starttls_gets_nothing(serve, taker):
    port = serve()
    with pytest.raises(CannotSend, match="STARTTLS") as failure:
        await send(Mailer(settings(port, "starttls", user=USER, password=PASSWORD)))
    assert not failure.value.for_good
    assert taker.mail == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(serve, taker, contexts):
    port = serve(starttls=contexts[0])
    with pytest.raises(CannotSend, match="certificate"):
        await send(Mailer(settings(port, "starttls")))
    assert taker.mail == []


async def test_a_wrong_password_names_the_settings_and_not_the_password(serve, contexts):
    ours, theirs = contexts
    port = serve(starttls=ours, login=True)
    with pytest.raises(CannotSend, match="RUGGESTEUN_SMTP_PASSWORD") as failure:
        await send(Mailer(settings(port, "starttls", user=USER, password="onjuist"), theirs))
    assert "onjuist" not in str(failure.value)
    assert USER not in str(failure.value)


@pytest.mark.parametrize(
    ("answer", "for_good"), [("550 No such user anna@debrug.example", True), ("451 Later", False)]
)
async def test_a_refused_address_is_tried_again_only_when_that_may_help(
    serve, taker, answer, for_good
):
    taker.refuse_to = answer
    with pytest.raises(CannotSend) as failure:
        await send(Mailer(settings(serve())))
    assert failure.value.for_good is for_good
    assert "anna" not in str(failure.value)


async def test_a_refused_mail_is_tried_again(serve, taker):
    taker.refuse_mail = "554 Spam from anna@debrug.example"
    with pytest.raises(CannotSend, match="554") as failure:
        await send(Mailer(settings(serve())))
    assert not failure.value.for_good
    assert "anna" not in str(failure.value)


async def test_an_address_with_a_line_end_sends_nothing(serve, taker):
    with pytest.raises(CannotSend) as failure:
        await send(Mailer(settings(serve())), "anna@x.nl\r\nBcc: all@x.nl")
    assert failure.value.for_good
    assert taker.mail == []


async def test_a_server_that_is_down_is_named(contexts):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CannotSend, match=f"127.0.0.1:{port} can't be reached"):
        await send(Mailer(settings(port)))


async def test_a_server_that_says_nothing_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr("rasa_project.handoff.mail._SECONDS", 0.3)
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(CannotSend, match="can't be reached"):
            await send(Mailer(settings(silent.getsockname()[1])))
