"""Pages and files of the website's chat."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest

from rasa_project.channels.website_files import PAGE_HEADERS, WebFiles, phone_link
from rasa_project.practice import Practice

PRACTICE = Practice(name='De "Brug" <b>&', country="NL", phone="+31 (0)10 - 123 45 67")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "ruggesteun.js").write_text("let a = 1;\n", "utf-8")
    return WebFiles(tmp_path)


def expected(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_a_file_of_the_list_is_served_with_its_type_and_integrity(files):
    script = files.file("ruggesteun.js")
    assert script.content == b"let a = 1;\n"
    assert script.mime_type.startswith("text/javascript")
    assert script.integrity == files.script_integrity == expected(script.content)


def test_other_websites_may_load_a_file(files):
    headers = files.file("ruggesteun.js").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_browser_that_has_the_file_is_told_so(files):
    script = files.file("ruggesteun.js")
    assert script.is_known(script.headers["ETag"])
    assert script.is_known(f'W/"x", W/{script.headers["ETag"]}')
    assert not script.is_known(None)
    assert not script.is_known('"x"')


def test_a_changed_file_is_read_again(files, tmp_path):
    before = files.script_integrity
    path = tmp_path / "ruggesteun.js"
    path.write_text("let b = 2;\n", "utf-8")
    os.utime(path, ns=(1, 1))
    assert files.script_integrity == expected(b"let b = 2;\n") != before


@pytest.mark.parametrize(
    "name", ["chat.html", "secret.txt", "../practice.yml", "", "ruggesteun.css", "ruggesteun.js/"]
)
def test_what_is_not_on_the_list_or_not_there_is_not_served(files, tmp_path, name):
    (tmp_path / "secret.txt").write_text("x")
    assert files.file(name) is None


def test_without_a_script_there_is_no_integrity(tmp_path):
    assert WebFiles(tmp_path).script_integrity == ""


def test_the_placeholders_of_a_page_are_filled_in_and_escaped(files, tmp_path):
    (tmp_path / "demo.html").write_text(
        "<p>{{practice_name}}|{{phone}}|{{phone_link}}|{{integrity}}|{{other}}|{phone}", "utf-8"
    )
    page = files.page("demo", PRACTICE)
    name = "De &quot;Brug&quot; &lt;b&gt;&amp;"
    integrity = files.script_integrity.replace("'", "&#x27;")
    assert page == (
        f"<p>{name}|+31 (0)10 - 123 45 67|+31101234567|{integrity}|{{{{other}}}}|{{phone}}"
    )


def test_a_name_that_looks_like_a_placeholder_is_only_a_name(files, tmp_path):
    (tmp_path / "demo.html").write_text("{{practice_name}}", "utf-8")
    practice = Practice(name="{{phone}}", country="NL", phone="010 - 123 45 67")
    assert files.page("demo", practice) == "{{phone}}"


def test_a_page_that_is_not_there_is_none(files):
    assert files.page("chat", PRACTICE) is None


def test_pages_allow_nothing_from_elsewhere_and_nobody_may_frame_them():
    policy = PAGE_HEADERS["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("phone", "link"),
    [("010 - 123 45 67", "0101234567"), ("+32 (0)3/123.45.67", "+3231234567")],
)
def test_a_phone_link_holds_digits_only(phone, link):
    assert phone_link(phone) == link
