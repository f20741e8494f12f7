"""HTTP of /system/v1: who the token is, webhooks, signing keys (also at their old place in /video/v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.mux.errors import InvalidParametersError
from local.mux.fields import Fields
from local.mux.http import data, json_body, no_content, page, path_id
from local.mux.library import paged

if TYPE_CHECKING:
    from local.mux.delivery import Endpoint
    from local.mux.environment import Environment
    from local.mux.signing_keys import SigningKey


class SystemRoutes:
    def __init__(self, environment: Environment) -> None:
        self._options = environment.options
        self._permissions = environment.permissions
        self._webhooks = environment.webhooks
        self._keys = environment.signing_keys

    def table(self) -> list[web.RouteDef]:
        webhooks = "/system/v1/webhooks"
        webhook = f"{webhooks}/{{webhook_id}}"
        routes = [
            web.get("/system/v1/whoami", self.whoami),
            web.post(webhooks, self.create_webhook),
            web.get(webhooks, self.list_webhooks),
            web.get(webhook, self.get_webhook),
            web.patch(webhook, self.change_webhook),
            web.delete(webhook, self.delete_webhook),
        ]
        for keys in ("/system/v1/signing-keys", "/video/v1/signing-keys"):
            routes += [
                web.post(keys, self.create_key),
                web.get(keys, self.list_keys),
                web.get(f"{keys}/{{key_id}}", self.get_key),
                web.delete(f"{keys}/{{key_id}}", self.delete_key),
            ]
        return routes

    async def whoami(self, _request: web.Request) -> web.Response:
        return data(
            {
                "access_token_name": "local",
                "permissions": list(self._permissions.granted),
                "environment_id": self._options.environment_id,
                "environment_name": self._options.environment_name,
                "environment_type": "development",
                "organization_id": "local0",
                "organization_name": "Local",
            }
        )

    async def create_webhook(self, request: web.Request) -> web.Response:
        address = Fields(await json_body(request)).required_text("address")
        endpoint = self._webhooks.register(address)
        return data(_webhook(endpoint) | {"signing_secret": endpoint.signing_secret}, 201)

    async def list_webhooks(self, request: web.Request) -> web.Response:
        wanted = page(request)
        endpoints = paged(self._webhooks.newest_first(), wanted.limit, wanted.skip)
        return data([_webhook(entry) for entry in endpoints])

    async def get_webhook(self, request: web.Request) -> web.Response:
        return data(_webhook(self._webhooks.get(path_id(request, "webhook_id"))))

    async def change_webhook(self, request: web.Request) -> web.Response:
        webhook_id = path_id(request, "webhook_id")
        fields = Fields(await json_body(request))
        address, enabled = fields.text("address"), fields.boolean("enabled")
        self._webhooks.get(webhook_id)
        if address is None and enabled is None:
            raise InvalidParametersError("address or enabled is required")
        return data(_webhook(self._webhooks.change(webhook_id, address=address, enabled=enabled)))

    async def delete_webhook(self, request: web.Request) -> web.Response:
        self._webhooks.remove(path_id(request, "webhook_id"))
        return no_content()

    async def create_key(self, _request: web.Request) -> web.Response:
        key, private_key = await self._keys.create()
        return data(_key(key) | {"private_key": private_key}, 201)

    async def list_keys(self, request: web.Request) -> web.Response:
        wanted = page(request)
        keys = paged(self._keys.newest_first(), wanted.limit, wanted.skip)
        return data([_key(entry) for entry in keys])

    async def get_key(self, request: web.Request) -> web.Response:
        return data(_key(self._keys.get(path_id(request, "key_id"))))

    async def delete_key(self, request: web.Request) -> web.Response:
        self._keys.remove(path_id(request, "key_id"))
        return no_content()


def _webhook(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "address": endpoint.address,
        "enabled": endpoint.enabled,
        "created_at": endpoint.created_at,
    }


def _key(key: SigningKey) -> dict[str, Any]:
    return {"id": key.id, "created_at": str(key.created_at)}
