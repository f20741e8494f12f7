"""Writes a small video to try an upload with: `python -m local.sample FILE`. Without ffmpeg it has headers only."""

import asyncio
import sys
from pathlib import Path

from local.ffmpeg import Ffmpeg, find
from local.mux import sample_mp4
from local.samples import TEST_VIDEO


def main(file: Path) -> None:
    if program := find():
        asyncio.run(Ffmpeg(program).encode(*TEST_VIDEO.arguments(), str(file)))
    else:
        file.write_bytes(sample_mp4(seconds=TEST_VIDEO.seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
