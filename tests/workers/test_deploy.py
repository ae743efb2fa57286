"""What a supplier installs: nginx reads it, systemd knows every line, each setting exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

from rasa_project.settings import PROJECT, read_settings
from rasa_project.workers import programs
from rasa_project.workers.try_out import nginx_config

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + [DEPLOY / "systemd/ruggesteun.target"]
README = (PROJECT / "README.md").read_text("utf-8")
KNOWN = set(re.findall(r"RUGGESTEUN_[A-Z_]+", README))


@pytest.fixture(scope="module")
def compose() -> Dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text("utf-8")))


@pytest.fixture
def nginx() -> str:
    found = programs.find(programs.NGINX)
    if found is None:
        pytest.skip("nginx is not installed")
    return str(found)


def check(nginx: str, config: Path) -> None:
    done = subprocess.run(
        [nginx, "-t", "-p", str(config.parent), "-c", str(config)]
        + ["-e", str(config.parent / "error.log")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr.replace('"user" directive', ""), done.stderr


def test_nginx_takes_what_make_workers_runs(nginx, tmp_path):
    template = (DEPLOY / "nginx" / "try.conf.template").read_text("utf-8")
    config = tmp_path / "nginx.conf"
    locations = DEPLOY / "nginx" / "locations.conf"
    config.write_text(nginx_config(template, tmp_path, locations, 8080, [5011, 5012]), "utf-8")
    check(nginx, config)


@pytest.mark.parametrize("site", ["nginx/ruggesteun.conf", "docker/nginx.conf"])
def test_nginx_takes_the_sites(nginx, tmp_path, site):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    names = ["fullchain.pem", "privkey.pem"]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-subj", "/CN=chat.debrug.example", "-out", names[0], "-keyout", names[1]],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / site).read_text("utf-8")
    text = text.replace("/etc/letsencrypt/live/chat.debrug.example", str(tmp_path))
    text = text.replace("/etc/nginx/ruggesteun/", f"{DEPLOY}/nginx/")
    text = re.sub(r"server worker\d:5005", "server 127.0.0.1:5005", text)
    (tmp_path / "site.conf").write_text(text, "utf-8")
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ include {tmp_path}/site.conf; }}\n",
        "utf-8",
    )
    check(nginx, config)


def test_what_stays_inside_is_not_passed_on():
    text = (DEPLOY / "nginx" / "locations.conf").read_text("utf-8")
    passed = re.findall(r"^location (?:= |~ )?(\S+) \{(?!\s*return)", text, re.MULTILINE)
    assert "location / { return 404; }" in text
    assert not any(
        path.startswith(("/metrics", "/ready", "/health", "/webhooks/rest")) for path in passed
    )
    assert {"/chat", "/chat/", "/inbox", "/webhooks/telegram/", "/webhooks/chatwoot/"} <= {*passed}
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_every_line(unit, tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:
        # As if it were installed: the program and the folder are not there.
        text = path.read_text("utf-8").replace("/opt/ruggesteun/.venv/bin/python", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    name = unit.name.replace("@", "@5011")
    if name != unit.name:
        shutil.copy(tmp_path / unit.name, tmp_path / name)
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [line for line in done.stderr.splitlines() if "ruggesteun" in line]
    assert ours == [], done.stderr


def test_the_workers_are_shut_in():
    text = (DEPLOY / "systemd" / "ruggesteun@.service").read_text("utf-8")
    lines = set(text.splitlines())
    assert {
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "ProtectHome=yes",
        "CapabilityBoundingSet=",
        "Restart=always",
        "User=ruggesteun",
    } <= lines
    assert re.search(r"^MemoryMax=\d+M$", text, re.MULTILINE)


def test_every_setting_that_is_given_exists(compose):
    files = [*(DEPLOY.rglob("*"))]
    found = set()
    for file in files:
        if file.is_file():
            found |= set(re.findall(r"RUGGESTEUN_[A-Z_]+[A-Z]", file.read_text("utf-8")))
    assert found <= KNOWN, found - KNOWN
    given = {
        name: re.sub(r"\$\{\w+:\?\}", "0123456789-abcdefghij", str(value))
        for name, value in compose["services"]["worker1"]["environment"].items()
    }
    settings = read_settings(given)
    assert settings.redis_url.startswith("redis://redis")
    assert settings.profile == "server"
    lines = (DEPLOY / "systemd" / "environment.example").read_text("utf-8").splitlines()
    read_settings(dict(line.split("=", 1) for line in lines if line and not line.startswith("#")))


def test_the_images_are_pinned_and_watched(compose):
    services = compose["services"]
    for name, service in services.items():
        assert re.search(r":\d+\.\d+(\.\d+)?", service["image"]), name
        if name != "prepare":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped"
    for worker in ("worker1", "worker2"):
        assert "/ready" in " ".join(services[worker]["healthcheck"]["test"])
        assert services[worker]["depends_on"]["prepare"]["condition"].endswith("successfully")
        assert "ports" not in services[worker], "only nginx is reached from outside"
    assert services["nginx"]["ports"] == ["127.0.0.1:8080:8080"]
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    assert re.search(r"^FROM python:3\.10\.\d+-", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert "USER ruggesteun" in dockerfile


def test_compose_mounts_what_there_is(compose):
    folder = DEPLOY / "docker"
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (folder / source).exists(), source
        build = service.get("build")
        if build:
            assert (folder / build["context"] / build["dockerfile"]).is_file()
