"""AWS clients that start fast: botocore without what is only there for other services. Knows no service by name.

boto3 would double the start, and its resources are not used here.
"""

import os
from typing import Any, Final

import botocore
import botocore.session
from botocore import handlers
from botocore.config import Config
from botocore.loaders import Loader
from botocore.utils import EVENT_ALIASES

CONNECT_SECONDS: Final = 0.5
READ_SECONDS: Final = 0.8
_DATA: Final = os.path.join(botocore.BOTOCORE_ROOT, "data")  # noqa: PTH118 - pathlib is one import more


def client(service: str, *, attempts: int) -> Any:
    """A client that tries each call `attempts` times in all."""
    return _session(service).create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # The default only pools; one function needs one connection at a time.
            max_pool_connections=2,
            # Both are worked out again for every call, for a fifth of its processor time. AWS validates as well.
            parameter_validation=False,
            user_agent="mux-lifecycle",
        ),
    )


def _session(service: str) -> botocore.session.Session:
    """A session with the handlers that concern `service`, a tenth of all, and with botocore's own data folder.

    The usual loader looks through the folders of all services, and through the home folder.
    """
    session = botocore.session.Session(include_builtin_handlers=False)
    _take_credentials(session)
    session.register_component("data_loader", Loader([_DATA], include_default_search_paths=False))
    emitter = session.get_component("event_emitter")
    register = {
        None: emitter.register,
        handlers.REGISTER_FIRST: emitter.register_first,
        handlers.REGISTER_LAST: emitter.register_last,
    }
    for event, handler, *order in handlers.BUILTIN_HANDLERS:
        if _concerns(event, service):
            register[order[0] if order else None](event, handler)
    return session


def _take_credentials(session: botocore.session.Session) -> None:
    """Lambda's own, from the environment, without the search for all other kinds; with SnapStart there are others."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        session.set_credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))


def _concerns(event: str, service: str) -> bool:
    """Whether an event (`before-call`, `before-call.s3.PutObject`) may be one of a client of `service`."""
    name, _, rest = event.partition(".")
    concerned = rest.partition(".")[0]
    return name != "docs" and concerned in ("", "*", service, EVENT_ALIASES.get(service, service))
