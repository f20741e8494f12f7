"""The stack without any webhook: whatever happens at Mux, the table hears of it by nothing but the walk."""

from tests.faults.conftest import external_calls, naps, told, waits, world

__all__ = ["external_calls", "naps", "told", "waits", "world"]
