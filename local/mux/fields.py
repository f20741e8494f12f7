"""Typed reading of a client's JSON object: what has the wrong kind, size or value is refused as by Mux.

`null` counts as absent, unknown fields are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.mux.errors import InvalidParametersError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Fields:
    def __init__(self, source: Mapping[str, Any], where: str = "") -> None:
        self._source = source
        self._where = where

    def given(self, name: str) -> bool:
        """Whether the client sent the field at all, even as null."""
        return name in self._source

    def raw(self, name: str) -> Any:
        return self._source.get(name)

    def text(self, name: str, *, limit: int | None = None) -> str | None:
        """The field as text of at most `limit` code points."""
        value = self._source.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.invalid(name, "must be a string")
        if limit is not None and len(value) > limit:
            raise self.invalid(name, f"must be at most {limit} characters")
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise self.invalid(name, "is required")
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise self.invalid(name, f"must be one of {', '.join(allowed)}")
        return value

    def required_choice(self, name: str, allowed: Collection[str]) -> str:
        self.required_text(name)
        value = self.choice(name, allowed)
        assert value is not None  # noqa: S101 - required_text has refused it
        return value

    def boolean(self, name: str) -> bool | None:
        value = self._source.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.invalid(name, "must be a boolean")
        return value

    def integer(self, name: str, minimum: int, maximum: int) -> int | None:
        value = self._source.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise self.invalid(name, f"must be an integer from {minimum} to {maximum}")
        return value

    def number(self, name: str, *, minimum: float = 0.0, maximum: float | None = None) -> float | None:
        value = self._source.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.invalid(name, "must be a number")
        if value < minimum or (maximum is not None and value > maximum):
            raise self.invalid(name, "is out of range")
        return value

    def fields(self, name: str) -> Fields | None:
        value = self._source.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.invalid(name, "must be an object")
        return Fields(value, f"{self._where}{name}.")

    def items(self, name: str) -> list[Any]:
        value = self._source.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.invalid(name, "must be an array")
        return value

    def objects(self, name: str) -> list[Fields]:
        items = self.items(name)
        if not all(isinstance(item, dict) for item in items):
            raise self.invalid(name, "must be an array of objects")
        return [Fields(item, f"{self._where}{name}[{i}].") for i, item in enumerate(items)]

    def invalid(self, name: str, complaint: str) -> InvalidParametersError:
        return InvalidParametersError(f"{self._where}{name} {complaint}")
