"""The website of a practice: pages of the test's own, on another origin than the assistant."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Optional, Tuple

HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"


class Website:
    """Serves what it is given; ``stop`` ends it."""

    def __init__(self, port: int = 0):
        self._files: Dict[str, Tuple[bytes, Dict[str, str]]] = {}
        files = self._files

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content, headers = files.get(self.path, (b"", {}))
                self.send_response(200 if headers else 404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.add("/favicon.ico", "", "image/x-icon")
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, path: str, content: str, kind: str = HTML, policy: Optional[str] = None) -> str:
        """Serve this; gives its whole address."""
        headers = {"Content-Type": kind, "Cache-Control": "no-store"}
        if policy is not None:
            headers["Content-Security-Policy"] = policy
        self._files[path] = (content.encode(), headers)
        return self.address + path

    def page(self, path: str, body: str = "", head: str = "", policy: Optional[str] = None) -> str:
        """Serve a page of a practice with something of the chat in it."""
        return self.add(
            path,
            f'<!DOCTYPE html><html lang="nl"><head><meta charset="utf-8"><title>De praktijk</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
            f"<body><main><h1>De praktijk</h1><p>Welkom.</p>{body}</main></body></html>",
            policy=policy,
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
