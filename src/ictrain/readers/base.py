"""What every format's reader gives: rows with their places, bad rows among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ictrain.errors import DataError

Row = dict[str, Any] | DataError
"""A row by column, or what is wrong with it: the rows behind it can still be read."""

Rows = Iterator[tuple[str, Row]]
"""(place, row) pairs; the place is 'FILE:LINE', or 'FILE, row N' where a file has no lines."""
