"""Several processes that train one model together, as `accelerate launch` starts them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ictrain.errors import ConfigError

_PATIENCE = timedelta(days=1)
"""How long the others wait for the first process, which asks the trained model alone. A process
that dies is noticed at once: by its closed connection, or by the launcher."""


def several() -> bool:
    """Whether this process was started as one of several."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_main() -> bool:
    """Whether this is the process that writes and speaks: the first, or the only one."""
    return not several() or os.environ["RANK"] == "0"


def join() -> Any:
    """Connects this process with the others, once; gives accelerate's PartialState.

    Raises:
        ConfigError: several were started, but nothing connects them.
    """
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    on_cpu = parse_flag_from_env("ACCELERATE_USE_CPU")
    state = PartialState(cpu=on_cpu, **({"timeout": _PATIENCE} if several() else {}))
    if several() and state.num_processes == 1:
        raise ConfigError(
            f"{os.environ['WORLD_SIZE']} processes were launched, but torch sees no GPU for them",
            mend="set ACCELERATE_USE_CPU=1 to train on the CPU, or launch one process",
        )
    return state


def shares_weights() -> bool:
    """Whether the launcher was told to cut the weights up among the processes (FSDP)."""
    return several() and os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")


def device() -> Any:
    """The torch.device of this process."""
    return join().device


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """The first process goes through alone, then the others; each has to come by."""
    with join().main_process_first() if several() else contextlib.nullcontext():
        yield


def from_main(value: Any = None) -> Any:
    """The first process's value, in all; each has to call it."""
    if not several():
        return value
    from accelerate.utils import broadcast_object_list

    join()
    return broadcast_object_list([value])[0]
