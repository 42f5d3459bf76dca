"""Paths in settings: ${NAME} and ${NAME:-default} are read from the environment, as in a shell."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ictrain.errors import ConfigError

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def expanded(path: str) -> Path:
    """The path with its variables filled in, and ~.

    Raises:
        ConfigError: a variable that is not set and has no default.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = os.environ.get(name) or default
        if found is None:
            raise ConfigError(
                f"{path} names the variable {name}, which is not set",
                mend=f"set {name} to the folder of the data",
            )
        return str(found)

    return Path(_VARIABLE.sub(value, path)).expanduser()
