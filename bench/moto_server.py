"""AWS for measurements: moto behind a server that leaves connections open, as AWS does and werkzeug's never do."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from tests import quick_moto


class MotoServer:
    """In a thread of this process; `start` answers its URL."""

    def start(self) -> str:
        quick_moto.install()
        self._server = _Server(("127.0.0.1", 0), _handler(Client(DomainDispatcherApplication(create_backend_app))))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that was ended leaves its connection behind; whatever else fails is missed by who asked."""


def _handler(moto: Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        # Header and body leave in one packet.
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = moto.open(self.path, method="POST", headers=list(self.headers.items()), data=body)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.data)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
            """Stay silent."""

    return Handler
