"""What stands around the emulator in its tests: a customer, webhook endpoints, a host of files."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.mux import MuxEmulator


class Api:
    """Mux's API as its customer calls it; every method returns the response as it is.

    `patience` in seconds is how long an asset may take to settle.
    """

    def __init__(self, mux: MuxEmulator, patience: float = 8.0) -> None:
        self.mux = mux
        self.patience = patience
        self.session = requests.Session()
        self.session.auth = (mux.token_id, mux.token_secret)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, f"{self.mux.url}{path}", json=body, params=query, timeout=10)

    def get(self, path: str, **query: Any) -> Any:
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def post(self, path: str, body: Any = None) -> Any:
        response = self.call("POST", path, body)
        assert response.status_code == 201, response.text
        return response.json()["data"]

    def put(self, path: str, body: Any = None) -> Any:
        response = self.call("PUT", path, body)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def create_upload(self, **settings: Any) -> Any:
        body = {"cors_origin": "https://app.example.com", "new_asset_settings": settings}
        return self.post("/video/v1/uploads", body)

    def create_asset(self, url: str = "https://storage.example.com/film.mp4", **settings: Any) -> Any:
        return self.post("/video/v1/assets", {"inputs": [{"url": url}], **settings})

    def settled(self, asset_id: str) -> Any:
        """The asset once it is no longer preparing."""
        return eventually(lambda: self._settled(asset_id), self.patience)

    def ready_asset(self, url: str = "https://storage.example.com/film.mp4", **settings: Any) -> Any:
        asset = self.settled(self.create_asset(url, **settings)["id"])
        assert asset["status"] == "ready"
        return asset

    def uploaded(self, content: bytes, **settings: Any) -> Any:
        """The settled asset of an upload of `content`."""
        upload = self.create_upload(**settings)
        assert requests.put(upload["url"], data=content, timeout=10).status_code == 200
        return self.settled(self.get(f"/video/v1/uploads/{upload['id']}")["asset_id"])

    def _settled(self, asset_id: str) -> Any:
        asset = self.get(f"/video/v1/assets/{asset_id}")
        return None if asset["status"] == "preparing" else asset


@dataclass
class Hook:
    """One webhook request as it arrived."""

    body: bytes
    headers: dict[str, str]
    at: float

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.event["type"])


@dataclass
class Receiver:
    """A webhook endpoint: `answer` gets each hook and returns a status (after sleeping, if it likes)."""

    url: str
    secret: str = ""
    answer: Callable[[Hook], int] = lambda _hook: 200
    headers: dict[str, str] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def types(self) -> list[str]:
        return [hook.type for hook in self.hooks]

    def wait(self, count: int, seconds: float = 30.0) -> list[Hook]:
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.hooks) >= count, seconds)
        assert arrived, f"{self.types()} is fewer than {count} hooks"
        return list(self.hooks)

    def wait_for(self, kind: str, seconds: float = 30.0) -> Hook:
        with self.changed:
            arrived = self.changed.wait_for(lambda: kind in self.types(), seconds)
        assert arrived, f"{kind} is not among {self.types()}"
        return next(hook for hook in self.hooks if hook.type == kind)


class MakeReceiver(Protocol):
    def __call__(self) -> Receiver: ...


def eventually[Result](look: Callable[[], Result], seconds: float = 30.0) -> Result:
    """What `look` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
    return found


@dataclass
class FileHost:
    """Serves `files` (path to status, headers, content) and notes who asked."""

    url: str
    files: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)


class Running:
    """An HTTP server on a free port of 127.0.0.1, in a thread until `stop`."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_receiver() -> tuple[Receiver, Running]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook = Hook(body, {name.lower(): value for name, value in self.headers.items()}, time.time())
            with receiver.changed:
                receiver.hooks.append(hook)
                receiver.changed.notify_all()
            self.send_response(receiver.answer(hook))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"noted")

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    running = Running(Handler)
    receiver = Receiver(f"{running.url}/hook")
    return receiver, running


def serve_files() -> tuple[FileHost, Running]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.agents.append(self.headers["User-Agent"])
            status, headers, content = host.files.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    running = Running(Handler)
    host = FileHost(running.url)
    return host, running
