"""Names as SQLite takes them: in quotes where they need some, bare elsewhere."""

from __future__ import annotations

_RESERVED = frozenset(
    """ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CAST CHECK COLLATE COMMIT CONSTRAINT CREATE
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE
    EXCEPT EXISTS FOREIGN FROM GROUP HAVING IF IN INDEX INSERT INTERSECT INTO IS ISNULL JOIN LIMIT
    NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY RAISE REFERENCES RETURNING SELECT SET TABLE THEN TO
    TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE""".split()  # noqa: SIM905
)
"""Of SQLite's 147 keywords (sqlite.org/lang_keywords.html) those that SQLite 3.40 does not take
bare at every place of a name in CREATE TABLE or SELECT; KEY, DESC or LEFT it does."""


def quoted(name: str) -> str:
    """A name in quotes, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def written(name: str) -> str:
    """A name as it has to be written. Letters beyond ASCII need no quotes: SQLite takes each of
    their bytes as a letter."""
    return name if name.isidentifier() and name.upper() not in _RESERVED else quoted(name)
