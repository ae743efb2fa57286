"""Logging in and the pages about accounts, as a browser meets them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from rasa_project.errors import StorageError
from rasa_project.inbox.access import BEHEERDER, MEEKIJKER, THERAPEUT
from tests.inbox.conftest import NAMES, PASSWORD, InboxServer
from tests.inbox.test_access import has_headers


@pytest.fixture(scope="module")
def server(inbox_server: InboxServer) -> InboxServer:
    return inbox_server


# ---- logging in


def test_the_first_login_asks_for_a_code_app_and_then_lets_in(server):
    person = server.add_person("nieuw@debrug.example", THERAPEUT, "Nina Nieuw")
    browser = server.visitor()
    answer = browser.try_login(person.login, PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    answer = browser.get()
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox/code")
    page = browser.get("code")
    has_headers(page)
    picture = browser.get(re.search(r'src="/inbox/(code\.svg[^"]+)"', page.text)[1])
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/svg+xml"
    has_headers(picture)
    assert ET.fromstring(picture.content).tag.endswith("svg")
    secret = re.search(r'class="secret"><code>([^<]+)<', page.text)[1].replace(" ", "")
    browser.read_csrf("code")
    answer = browser.post("code", {"code": "000000"})
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    # The same secret is still being set up.
    assert re.search(r'class="secret"><code>([^<]+)<', answer.text)[1].replace(" ", "") == secret
    person.secret = secret
    old = browser.http.cookies["ruggesteun_inbox"]
    assert browser.post("code", {"code": person.code()}).status_code == 303
    assert browser.http.cookies["ruggesteun_inbox"] != old
    assert "Nina Nieuw" in browser.get("account").text
    # And now the secret is shown no more.
    assert browser.get("code").status_code == 303
    assert browser.get("code.svg").status_code == 404


def test_whatever_was_wrong_the_page_says_the_same(server):
    person = server.person(THERAPEUT)
    person.log_in()
    pages = set()
    for login, password, code in (
        (person.login, "fout fout fout fout", person.code()),
        (person.login, PASSWORD, "000000"),
        (person.login, PASSWORD, ""),
        ("niemand@debrug.example", PASSWORD, ""),
    ):
        answer = server.visitor().try_login(login, password, code)
        assert answer.status_code == 403
        has_headers(answer)
        assert PASSWORD not in answer.text
        without_own = re.sub(r'value="[^"]*"', "", answer.text)
        pages.add(without_own)
    assert len(pages) == 1
    assert "Dat klopt niet" in pages.pop()


def test_the_cookie_is_for_the_inbox_only_and_no_script_reads_it(server):
    browser = server.visitor()
    answer = browser.try_login(server.person(MEEKIJKER).login, PASSWORD)
    cookie = next(one for one in browser.http.cookies if one.name == "ruggesteun_inbox")
    assert (cookie.path, cookie.secure, cookie.expires) == ("/inbox", False, None)
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said


def test_over_https_the_cookie_is_marked_secure(server):
    behind = {"X-Forwarded-Proto": "https"}
    browser = server.visitor()
    page = browser.get("login", headers=behind)
    said = page.headers["set-cookie"]
    assert said.startswith("__Secure-ruggesteun_inbox_form=")
    assert "Secure;" in said.replace(" ", "") + ";"


def test_a_login_gives_a_new_token_each_time(server):
    person = server.person(BEHEERDER)
    first, second = person.log_in(), person.log_in()
    tokens = {one.http.cookies["ruggesteun_inbox"] for one in (first, second)}
    assert len(tokens) == 2
    assert first.get("account").status_code == second.get("account").status_code == 200


def test_a_token_that_an_attacker_planted_is_not_taken_over(server):
    person = server.person(BEHEERDER)
    browser = server.visitor()
    browser.http.cookies.set("ruggesteun_inbox", "a" * 43, path="/inbox")
    assert browser.try_login(person.login, PASSWORD, person.code()).status_code == 303
    assert server.inbox.sessions.find("a" * 43) is None
    tokens = {one.value for one in browser.http.cookies if one.name == "ruggesteun_inbox"}
    assert any(server.inbox.sessions.find(token) for token in tokens - {"a" * 43})


def test_who_is_logged_in_is_sent_on_from_the_login_page(server):
    answer = server.logged_in(THERAPEUT).get("login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")


def test_logging_out_says_so(server):
    browser = server.logged_in(THERAPEUT)
    answer = browser.post("logout")
    assert answer.headers["location"] == "/inbox/login?uit=1"
    assert "Je bent uitgelogd" in browser.get("login?uit=1").text


# ---- forms that are no forms


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"login=%ff%fe&password=x", 400),
        (b"\xff\xfe", 400),
        (b"login=a&login=b", 400),
        (b"login=%00", 400),
        (b"&".join(b"f%d=1" % number for number in range(60)), 400),
        (b"login=" + b"x" * 40_000, 413),
        (b"login=" + b"x" * 200_000_000, 413),
    ],
    ids=["not utf-8", "bytes", "twice", "nul", "fields", "large", "huge"],
)
def test_a_form_that_can_not_be_read_gets_a_clear_page(server, body, status):
    browser = server.visitor()
    browser.read_csrf("login")
    headers = {
        "Origin": server.address,
        "Content-Type": "application/x-www-form-urlencoded",
        "X-CSRF": browser.csrf,
    }
    answer = browser.http.post(server.url("login"), data=body, headers=headers, timeout=60)
    assert answer.status_code == status
    has_headers(answer)
    assert '<html lang="nl">' in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_only_forms_of_our_own_kind_are_read(server, kind):
    browser = server.visitor()
    browser.read_csrf("login")
    headers = {"Origin": server.address, "Content-Type": kind, "X-CSRF": browser.csrf}
    answer = browser.http.post(server.url("login"), data=b"login=x", headers=headers, timeout=20)
    assert answer.status_code == 400


def test_what_is_typed_is_shown_as_text(server):
    answer = server.visitor().try_login('"><script>alert(1)</script>@x.nl', "x")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_when_the_database_is_gone_the_page_says_what_to_do(server, monkeypatch):
    browser = server.logged_in(THERAPEUT)

    def fail(*_args, **_kwargs):
        raise StorageError("sqlite:////secret/path is gone")

    monkeypatch.setattr(type(server.inbox.sessions), "find", fail)
    answer = browser.get("account")
    assert answer.status_code == 503
    has_headers(answer)
    assert "database" in answer.text
    assert "secret" not in answer.text
    answer = browser.get("live")
    assert (answer.status_code, answer.json()["error"]) == (503, 503)


def test_a_fault_of_ours_shows_no_insides(server, monkeypatch):
    browser = server.logged_in(THERAPEUT)

    def fail(*_args, **_kwargs):
        raise RuntimeError("secret insides")

    monkeypatch.setattr(type(server.inbox.accounts), "get", fail)
    answer = browser.get("account")
    assert answer.status_code == 500
    has_headers(answer)
    assert "secret" not in answer.text


# ---- one's own account


def change(browser, old: str = PASSWORD, new: str = "vijf losse woorden dan", again: str = ""):
    return browser.post("account/wachtwoord", {"old": old, "new": new, "again": again or new})


def test_the_password_is_changed_and_other_browsers_are_logged_out(server):
    person = server.add_person("wissel@debrug.example", THERAPEUT)
    here, there = person.log_in(), person.log_in()
    answer = change(here)
    assert answer.status_code == 303
    assert "is veranderd" in here.get("account?klaar=wachtwoord").text
    assert there.get("account").status_code == 303
    person.password = "vijf losse woorden dan"
    assert person.log_in().get("account").status_code == 200
    assert server.visitor().try_login(person.login, PASSWORD, person.code()).status_code == 403


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"old": "fout"}, "oude wachtwoord klopt niet"),
        ({"new": "kort"}, "ten minste 12 tekens"),
        ({"new": "welkom123456"}, "te makkelijk te raden"),
        ({"new": "Iemand Anders"}, "je naam"),
        ({"new": "x" * 129}, "ten hoogste 128"),
        ({"new": "ababababababab"}, "herhaalt"),
        ({"again": "vijf losse woorden nee"}, "niet gelijk"),
    ],
)
def test_a_password_that_can_not_be_is_refused_with_the_reason(server, fields, told):
    person = server.add_person(f"weiger-{server.clock().timestamp()}@debrug.example", THERAPEUT)
    browser = person.log_in()
    answer = change(browser, **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert PASSWORD not in answer.text
    assert person.log_in()


def test_mail_is_switched_off_and_on(server):
    person = server.person(THERAPEUT)
    browser = person.log_in()
    assert browser.post("account/meldingen").status_code == 303
    assert not server.inbox.accounts.get(person.id).notify_by_mail
    assert browser.post("account/meldingen", {"mail": "ja"}).status_code == 303
    assert server.inbox.accounts.get(person.id).notify_by_mail


# ---- everybody's accounts


@pytest.fixture
def somebody(server):
    return server.add_person(f"iemand-{server.clock().timestamp()}@debrug.example", THERAPEUT)


def test_a_manager_sees_everybody_and_no_secret(server, somebody):
    page = server.logged_in(BEHEERDER).get("accounts").text
    assert somebody.login in page
    assert NAMES[BEHEERDER] in page
    assert "argon2" not in page
    assert server.person(BEHEERDER).secret not in page


def test_a_role_is_changed_and_the_session_ends(server, somebody):
    theirs, manager = somebody.log_in(), server.logged_in(BEHEERDER)
    assert manager.post(f"accounts/{somebody.id}/rol", {"role": MEEKIJKER}).status_code == 303
    assert server.inbox.accounts.get(somebody.id).role == MEEKIJKER
    assert theirs.get("account").status_code == 303
    assert manager.post(f"accounts/{somebody.id}/rol", {"role": "god"}).status_code == 409


def test_an_account_is_switched_off_and_on(server, somebody):
    theirs, manager = somebody.log_in(), server.logged_in(BEHEERDER)
    assert manager.post(f"accounts/{somebody.id}/uit").status_code == 303
    assert theirs.get("account").status_code == 303
    assert "Staat uit" in manager.get("accounts").text
    refused = server.visitor().try_login(somebody.login, PASSWORD, somebody.code())
    assert refused.status_code == 403
    assert manager.post(f"accounts/{somebody.id}/aan").status_code == 303
    assert somebody.log_in().get("account").status_code == 200


def test_a_lost_phone_is_replaced(server, somebody):
    theirs, manager = somebody.log_in(), server.logged_in(BEHEERDER)
    assert manager.post(f"accounts/{somebody.id}/code").status_code == 303
    assert theirs.get("account").status_code == 303
    old, somebody.secret = somebody.secret, None
    assert somebody.log_in().get("account").status_code == 200
    assert somebody.secret != old


@pytest.mark.parametrize("what", ["uit", "rol"])
def test_nobody_shuts_themselves_out(server, what):
    manager = server.logged_in(BEHEERDER)
    own = server.person(BEHEERDER).id
    answer = manager.post(f"accounts/{own}/{what}", {"role": MEEKIJKER})
    assert answer.status_code == 409
    assert "eigen account" in answer.text
    assert manager.get("accounts").status_code == 200


@pytest.mark.parametrize("account", ["0", "-1", "999999", "1e3", "9" * 30, "%00", "١"])
def test_an_account_that_is_not_there_is_not_found(server, account):
    manager = server.logged_in(BEHEERDER)
    for what in ("uit", "aan", "code", "rol"):
        assert manager.post(f"accounts/{account}/{what}", {"role": MEEKIJKER}).status_code == 404


# ---- the audit's page


def test_the_audit_is_paged_and_filtered(server):
    manager = server.logged_in(BEHEERDER)
    anna = server.person(THERAPEUT)
    for number in range(60):
        server.inbox.audit.record("read", _visitor(server, anna), f"web:{number:040d}")
    page = manager.get(f"audit?persoon={anna.id}")
    assert page.text.count("<tr>") == 51
    assert NAMES[THERAPEUT] in page.text
    older = re.search(r'href="/inbox/(audit\?[^"]*voor=\d+)"', page.text)[1].replace("&amp;", "&")
    assert f"web:{59:040d}" in page.text
    assert f"web:{59:040d}" not in manager.get(older).text
    assert f"web:{5:040d}" in manager.get(older).text
    one = manager.get(f"audit?gesprek=web:{7:040d}").text
    assert one.count("<tr>") == 2
    assert "niets gevonden" in manager.get("audit?van=2030-01-01").text


@pytest.mark.parametrize(
    "query", ["van=gisteren", "persoon=abc", "gesprek=%00", "gesprek=a'b", "tot=2026-13-01"]
)
def test_a_filter_that_can_not_be_read_says_so(server, query):
    answer = server.logged_in(BEHEERDER).get(f"audit?{query}")
    assert answer.status_code == 400
    assert "filter" in answer.text


def test_the_audit_is_exported_for_a_spreadsheet_that_executes_nothing(server):
    manager = server.logged_in(BEHEERDER)
    person = server.add_person(
        f"f-{server.clock().timestamp()}@debrug.example", THERAPEUT, "=HYPERLINK(1)"
    )
    server.inbox.audit.record("read", _visitor(server, person), "web:1")
    answer = manager.get("audit.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    assert text.startswith("nummer;moment (UTC);account;naam;")
    assert ";'=HYPERLINK(1);" in text
    assert not re.search(r"(^|;)[=+@-]", text)


def test_reading_the_audit_is_in_the_audit(server):
    manager = server.logged_in(BEHEERDER)
    manager.get("audit")
    assert "logboek gelezen" in manager.get("audit").text


def _visitor(server, person):
    from rasa_project.inbox.access import Visitor

    return Visitor(person.id, person.account.name, THERAPEUT, "", "", "10.0.0.9")
