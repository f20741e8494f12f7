"""What Mux says about the stack's own token and webhooks."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

_SECONDS = 10
_MAX_WEBHOOK_PAGES = 20
_PAGE = 100


class MuxRefusedError(Exception):
    """Mux did not answer with what was asked for; the text is for the operator, and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class MuxAccount:
    """Mux as one access token sees it."""

    url: str
    token_id: str
    token_secret: str

    def __repr__(self) -> str:
        return f"MuxAccount({self.url!r})"

    def whoami(self) -> dict[str, Any]:
        """The token's environment and permissions. Raises MuxRefusedError."""
        found = self._get("/system/v1/whoami")
        if not isinstance(found, dict):
            raise MuxRefusedError("whoami was answered with something else")
        return found

    def webhooks(self) -> list[dict[str, Any]]:
        """All webhooks of the environment. Raises MuxRefusedError."""
        found: list[dict[str, Any]] = []
        for number in range(1, _MAX_WEBHOOK_PAGES + 1):
            page = self._get(f"/system/v1/webhooks?limit={_PAGE}&page={number}")
            if not isinstance(page, list):
                raise MuxRefusedError("the list of webhooks was answered with something else")
            found += page
            if len(page) < _PAGE:
                break
        return found

    def _get(self, path: str) -> Any:
        try:
            answer = requests.get(
                self.url + path, auth=(self.token_id, self.token_secret), timeout=_SECONDS, allow_redirects=False
            )
            if answer.status_code != HTTPStatus.OK:
                raise MuxRefusedError(f"Mux answered {answer.status_code}")
            return answer.json()["data"]
        except requests.RequestException as error:
            raise MuxRefusedError(f"Mux cannot be reached: {type(error).__name__}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise MuxRefusedError("Mux answered no JSON") from error
