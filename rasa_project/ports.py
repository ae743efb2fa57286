"""Whether we can listen on a port. Checked first of all, because the rest takes a while."""

from __future__ import annotations

import socket

from rasa_project.errors import RuggesteunError


class PortInUse(RuggesteunError):
    """Another program listens on the port."""


def check_port(host: str, port: int) -> None:
    """Make sure that we can listen.

    Raises:
        PortInUse: With what to do about it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(
                f"Can't listen on {host}:{port} ({error.strerror}): stop the program that uses "
                f"it, or choose another port with `make run PORT={port % 65535 + 1}`."
            ) from error
