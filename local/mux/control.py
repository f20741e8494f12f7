"""What a test may do that no customer can: faults, the clock, the journal, deletes as in the dashboard, reset.

Plain calls in the emulator's event loop; control_routes offers them over HTTP, emulator to other threads.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.mux.environment import Environment
_SHOWN = 50


class Control:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def set_faults(self, faults: Mapping[str, Any]) -> dict[str, Any]:
        """Replace all faults; `{}` clears. Raises InvalidParametersError for what it does not know."""
        environment = self._environment
        enforced = environment.faults.api.enforce_limits
        environment.faults.set(faults)
        if environment.faults.api.enforce_limits and not enforced:
            # What was asked before nobody counted must not use up the burst that a test wants to see.
            environment.limits.refill()
        return environment.faults.source

    async def grant(self, permissions: Iterable[str]) -> list[str]:
        """Let the token have these permissions and no others. Raises InvalidParametersError for what is none."""
        self._environment.permissions.grant(permissions)
        return list(self._environment.permissions.granted)

    async def advance(self, seconds: float) -> float:
        """Move the clock on; what falls due happens before this returns its new time in Unix seconds."""
        self._environment.clock.advance(seconds)
        return self._environment.clock.now()

    @property
    def encoder(self) -> str | None:
        """The ffmpeg that is used; None without one."""
        ffmpeg = self._environment.films.ffmpeg
        return ffmpeg.program if ffmpeg else None

    async def state(self) -> dict[str, Any]:
        """For people: faults, time, and the latest deliveries, those too that a fault has lost."""
        environment = self._environment
        return {
            "encodes": self.encoder is not None,
            "now": environment.clock.now(),
            "faults": environment.faults.source,
            "outstanding": await self.outstanding(),
            "deliveries": environment.journal.latest_deliveries(_SHOWN),
        }

    async def requests(self) -> list[dict[str, Any]]:
        return self._environment.journal.requests()

    async def events(self, start: int = 0) -> list[dict[str, Any]]:
        """Everything that happened, from number `start` on: what a webhook says of it, whether or not there is one."""
        return [json.loads(event.body([])) for event in self._environment.journal.events(start)]

    async def deliveries(self) -> list[dict[str, Any]]:
        """Every ended attempt, in the order in which they began."""
        return self._environment.journal.deliveries()

    async def outstanding(self) -> dict[str, int]:
        """Deliveries `under_way`, and those `planned` for a later time of the clock."""
        return asdict(self._environment.webhooks.outstanding())

    async def transfer(self, upload_id: str) -> dict[str, Any]:
        """`received_bytes` and their `sha256`; raises NotFoundError."""
        uploads = self._environment.uploads
        transfer = uploads.transfer(uploads.get(upload_id))
        return {"received_bytes": transfer.received, "sha256": transfer.sha256}

    async def delete_asset(self, asset_id: str) -> None:
        """Delete as the dashboard does, in any state, with the event; raises NotFoundError."""
        self._environment.assets.remove(self._environment.library.get(asset_id))

    async def register_webhook(self, address: str, signing_secret: str | None = None) -> dict[str, str]:
        """Like POST /system/v1/webhooks, with a secret of one's own; returns `id` and `signing_secret`."""
        endpoint = self._environment.webhooks.register(address, signing_secret)
        return {"id": endpoint.id, "signing_secret": endpoint.signing_secret}

    async def remove_webhooks(self) -> None:
        """Tell nobody anything any more, whoever registered them."""
        self._environment.webhooks.remove_all()

    async def reset(self) -> None:
        await self._environment.reset()
