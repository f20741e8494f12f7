"""Runs a module that ends with the process that started it: `python -m local.tether MODULE [ARGUMENT…]`.

The starter holds the other end of standard input. When it is gone, however it ended, the pipe is closed and
this process leaves. The project's folder is taken off the import path, so that a function finds no more than
it would find in Lambda.
"""

import os
import runpy
import signal
import sys
import threading


def leave_with_starter() -> None:
    """Watch standard input and end this process when it closes."""
    threading.Thread(target=_watch, name="tether", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    if os.getpgrp() == os.getpid():
        # What it has started, such as an encoder, leaves with it.
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    leave_with_starter()
    del sys.path[0]
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
