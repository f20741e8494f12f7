"""An emulator of the Mux Video API: over HTTP, with webhooks, resumable uploads, and faults on request.

`python -m local.mux` runs it as a process; `MuxEmulator` runs it inside a test. Where Mux's behaviour is not
known, README.md in this folder says what was assumed.
"""

from local.mux.emulator import MuxEmulator
from local.mux.errors import MuxError
from local.mux.sample import sample_mp4

__all__ = ["MuxEmulator", "MuxError", "sample_mp4"]
