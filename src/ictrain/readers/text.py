"""Text files to text: UTF-8, packed or not; another encoding is told by line, byte and mend."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path

from ictrain.errors import DataError

_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""Longest first: the mark of UTF-16 begins that of UTF-32."""


def decoded(path: Path) -> str:
    """The text of a file, unpacked, without a byte-order mark; its line ends are left as they are.

    Raises:
        DataError: not readable, not a whole gzip file, or not UTF-8.
    """
    data = _unpacked(path)
    _refuse_wide(data, path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            where=f"{path}:{line}",
            mend="save the file as UTF-8; if it is Windows or Latin-1 text: "
            "iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
        ) from None


def _unpacked(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        # Also without the ending: some servers and browsers drop it.
        packed = path.name.lower().endswith(".gz") or data.startswith(_GZIP)
        return gzip.decompress(data) if packed else data
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"not a whole gzip file: {error}", where=str(path)) from None
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(path)) from None


def _refuse_wide(data: bytes, path: Path) -> None:
    kind = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if kind is None and b"\x00" in data[:2]:  # no mark; every other byte of Latin letters is 0
        kind = "UTF-16"
    if kind is not None:
        raise DataError(
            f"{kind}, not UTF-8",
            where=str(path),
            mend=f"save the file as UTF-8: iconv -f {kind} -t UTF-8 OLD > NEW",
        )
