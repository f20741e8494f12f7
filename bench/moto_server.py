"""AWS for measurements: moto behind a server that leaves connections open, as AWS does and werkzeug's never do."""

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from bench.loopback import Handler, Server
from tests import quick_moto


class MotoServer:
    """In a thread of this process; `start` answers its URL."""

    def start(self) -> str:
        quick_moto.install()
        self._server = Server(_handler(Client(DomainDispatcherApplication(create_backend_app))))
        self._server.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.stop()


def _handler(moto: Client) -> type[Handler]:
    class Aws(Handler):
        def respond(self) -> None:
            answer = moto.open(self.path, method="POST", headers=list(self.headers.items()), data=self.body())
            self.answer(answer.status_code, answer.data, dict(answer.headers))

    return Aws
