"""The webhook endpoints of the environment; every event goes to each enabled one, none waits for another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.mux import ids
from local.mux.delivery import Dispatcher, Endpoint, Outstanding
from local.mux.errors import InvalidParametersError, NotFoundError

if TYPE_CHECKING:
    from local.mux.delivery import Sending
    from local.mux.events import Event

_FIRST_NUMBER = 31337


class Webhooks:
    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._endpoints: dict[str, Endpoint] = {}
        self._dispatchers: dict[str, Dispatcher] = {}
        self._registered = 0

    def publish(self, event: Event) -> None:
        for endpoint in self._endpoints.values():
            if endpoint.enabled:
                self._dispatchers[endpoint.id].send(event)

    def register(self, address: str, signing_secret: str | None = None) -> Endpoint:
        """Raises InvalidParametersError if the address is no URL or is registered already."""
        self._check(address)
        endpoint = Endpoint(
            id=ids.webhook_id(),
            number=_FIRST_NUMBER + self._registered,
            address=address,
            signing_secret=signing_secret or ids.signing_secret(),
            created_at=self._sending.clock.stamp(),
        )
        self._registered += 1
        self._endpoints[endpoint.id] = endpoint
        self._dispatchers[endpoint.id] = Dispatcher(endpoint, self._sending)
        return endpoint

    def get(self, webhook_id: str) -> Endpoint:
        """Raises NotFoundError."""
        try:
            return self._endpoints[webhook_id]
        except KeyError:
            raise NotFoundError from None

    def newest_first(self) -> list[Endpoint]:
        return list(reversed(self._endpoints.values()))

    def change(self, webhook_id: str, *, address: str | None, enabled: bool | None) -> Endpoint:
        endpoint = self.get(webhook_id)
        if address is not None and address != endpoint.address:
            self._check(address)
            endpoint.address = address
        if enabled is not None:
            endpoint.enabled = enabled
        return endpoint

    def remove(self, webhook_id: str) -> None:
        endpoint = self.get(webhook_id)
        endpoint.enabled = False
        del self._endpoints[webhook_id], self._dispatchers[webhook_id]

    def remove_all(self) -> None:
        for webhook_id in list(self._endpoints):
            self.remove(webhook_id)

    def outstanding(self) -> Outstanding:
        """Of all endpoints together."""
        each = [dispatcher.outstanding for dispatcher in self._dispatchers.values()]
        return Outstanding(sum(entry.under_way for entry in each), sum(entry.planned for entry in each))

    def forget_deliveries(self) -> None:
        """Keep the endpoints with their secrets, and nothing that was on its way to them."""
        self._dispatchers = {key: Dispatcher(entry, self._sending) for key, entry in self._endpoints.items()}

    def _check(self, address: str) -> None:
        try:
            url = urlsplit(address)
            usable = url.scheme in {"http", "https"} and url.hostname
        except ValueError:
            usable = None
        if not usable:
            raise InvalidParametersError("address must be a URL")
        if any(endpoint.address == address for endpoint in self._endpoints.values()):
            raise InvalidParametersError("address is already registered")
