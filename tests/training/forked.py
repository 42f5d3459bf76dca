"""Child processes forked from one server that has imported torch: each costs under a second."""

import multiprocessing
import os
from multiprocessing import forkserver
from pathlib import Path

import pytest

FORK = multiprocessing.get_context("forkserver")


def start_server():
    """Starts it, unless it runs."""
    FORK.set_forkserver_preload(
        [
            "tests.training.kill_child",
            "tests.training.process_child",
            "tests.experiments.tune_child",
        ]
    )
    with pytest.MonkeyPatch.context() as patch:
        # The server of Python 3.11 does not take over sys.path, and keeps silent about it.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
        forkserver.ensure_running()
