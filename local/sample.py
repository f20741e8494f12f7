"""Writes a small video to try an upload with: `python -m local.sample FILE`."""

import sys
from pathlib import Path

from local.mux import sample_mp4

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(sample_mp4(seconds=10))
