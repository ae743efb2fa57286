"""Loaded by Python at its start when this folder is on PYTHONPATH.

Every connection to, and every question about, another computer is refused and written down.
"""

import os
import sys
from importlib.machinery import PathFinder

_HERE = ("127.0.0.1", "::1", "localhost", "", None, "0.0.0.0", b"localhost", b"127.0.0.1")


class Refused(OSError):
    pass


def _refuse(what, host):
    with open(os.environ["NO_NETWORK_FILE"], "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {what} {host!r}\n")
    raise Refused(f"no network in this test: {host!r}")


def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        if arguments[1][0] not in _HERE:
            _refuse(event, arguments[1][0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] not in _HERE:
        _refuse(event, arguments[0])


sys.addaudithook(_hook)


class _AroundUvloop:
    """uvloop connects by itself, past Python's sockets."""

    def find_spec(self, name, path=None, target=None):
        if name != "uvloop":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            execute = spec.loader.exec_module

            def execute_and_guard(module):
                execute(module)
                for method in ("create_connection", "getaddrinfo", "create_datagram_endpoint"):
                    _guard(module.Loop, method)

            spec.loader.exec_module = execute_and_guard
        return spec


def _guard(loop, method):
    real = getattr(loop, method)

    def guarded(self, *arguments, **named):
        values = [*arguments, named.get("host"), (named.get("remote_addr") or [None])[0]]
        for value in values:
            if isinstance(value, (str, bytes)) and value not in _HERE:
                _refuse(f"uvloop.{method}", value)
        return real(self, *arguments, **named)

    setattr(loop, method, guarded)


sys.meta_path.insert(0, _AroundUvloop())
