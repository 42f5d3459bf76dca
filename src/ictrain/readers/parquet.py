"""Parquet files."""

from __future__ import annotations

from pathlib import Path

from ictrain.errors import DataError
from ictrain.readers.base import Rows


def parquet_rows(path: Path) -> Rows:
    """The rows of one file, all columns.

    Raises:
        DataError: not a Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"not a Parquet file: {error}"[:200], where=str(path)) from None
    return ((f"{path}, row {number}", row) for number, row in enumerate(rows, start=1))
