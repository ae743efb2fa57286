"""The .env file."""

from __future__ import annotations

import pytest

from rasa_project import settings as settings_module
from rasa_project.env_file import read_env_file
from rasa_project.errors import SettingsError
from rasa_project.settings import TELEGRAM_API, read_settings


def test_lines_are_read_as_people_write_them(tmp_path):
    path = tmp_path / ".env"
    path.write_text(
        "\ufeff# a comment\nA=1\nexport B = two words \nC='x # y' # comment\nD=\"z\"\n"
        "E=\nF=a#b # comment\nnonsense\n=3\nG=x=y\n",
        "utf-8",
    )
    assert read_env_file(path) == {
        "A": "1", "B": "two words", "C": "x # y", "D": "z", "E": "", "F": "a#b", "G": "x=y",
    }  # fmt: skip


def test_no_file_or_no_text_is_no_settings(tmp_path):
    assert read_env_file(tmp_path / "nowhere") == {}
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    assert read_env_file(tmp_path / ".env") == {}
    assert read_env_file(tmp_path) == {}


def test_the_environment_wins(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("RUGGESTEUN_TELEGRAM_TOKEN=1:file\nRUGGESTEUN_PORT=7000\n")
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path)
    monkeypatch.setenv("RUGGESTEUN_PORT", "7001")
    monkeypatch.delenv("RUGGESTEUN_TELEGRAM_TOKEN", raising=False)
    settings_module._env_file.cache_clear()
    try:
        settings = read_settings()
    finally:
        settings_module._env_file.cache_clear()
    assert (settings.telegram_token, settings.port) == ("1:file", 7001)
    assert "1:file" not in repr(settings)


def test_without_a_token_there_is_no_telegram():
    settings = read_settings({})
    assert settings.telegram_token == ""
    assert settings.telegram_api == TELEGRAM_API
    assert settings.telegram_webhook == ""


def test_addresses_are_checked_and_not_repeated():
    good = read_settings(
        {
            "RUGGESTEUN_TELEGRAM_API": "http://127.0.0.1:8081/",
            "RUGGESTEUN_TELEGRAM_WEBHOOK": "https://rug.example/pad",
        }
    )
    assert good.telegram_api == "http://127.0.0.1:8081"
    assert good.telegram_webhook == "https://rug.example/pad"
    for name, wrong in (
        ("RUGGESTEUN_TELEGRAM_WEBHOOK", "http://rug.example"),
        ("RUGGESTEUN_TELEGRAM_API", "ftp://x"),
        ("RUGGESTEUN_TELEGRAM_API", "https://me:secret@x.example"),
    ):
        with pytest.raises(SettingsError, match=name) as error:
            read_settings({name: wrong})
        assert "secret" not in str(error.value)
