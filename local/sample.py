"""Writes a small video to try an upload with: `python -m local.sample FILE`. Without ffmpeg it has headers only."""

import asyncio
import sys
from pathlib import Path

from local.mux import sample_mp4
from local.mux.ffmpeg import Ffmpeg, find
from local.samples import Sample

PICTURE = "testsrc2=size=640x360:rate=25"
SOUND = "sine=frequency=330:beep_factor=2"


def main(file: Path) -> None:
    if program := find():
        sample = Sample("", "", PICTURE, SOUND, seconds=10)
        asyncio.run(Ffmpeg(program).encode(*sample.arguments(), str(file)))
    else:
        file.write_bytes(sample_mp4(seconds=10))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
