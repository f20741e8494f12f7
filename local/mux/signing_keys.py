"""URL signing keys: RSA pairs whose private half is shown once, and the public half kept to check tokens."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.mux import ids
from local.mux.errors import NotFoundError

if TYPE_CHECKING:
    from local.mux.clock import Clock


@dataclass(frozen=True)
class SigningKey:
    """`created_at` in Unix seconds."""

    id: str
    created_at: int
    public_key: rsa.RSAPublicKey


class SigningKeys:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}

    async def create(self) -> tuple[SigningKey, str]:
        """The key and its private half: base64 of a PKCS#1 PEM, as official clients expect."""
        pair = await asyncio.to_thread(rsa.generate_private_key, public_exponent=65537, key_size=2048)
        key = SigningKey(ids.resource_id(), int(self._clock.now()), pair.public_key())
        self._keys[key.id] = key
        pem = pair.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return key, base64.b64encode(pem).decode()

    def get(self, key_id: str) -> SigningKey:
        """Raises NotFoundError."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise NotFoundError from None

    def newest_first(self) -> list[SigningKey]:
        return list(reversed(self._keys.values()))

    def remove(self, key_id: str) -> None:
        self.get(key_id)
        del self._keys[key_id]
