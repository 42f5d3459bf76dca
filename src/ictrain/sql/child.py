"""The process that runs one query after another and can do nothing else.

It is a program of its own (`python -I -S child.py LIMITS`), which imports the standard library
alone: it starts in a few hundredths of a second, whatever is loaded where it is asked from. It
reads requests {"file", "sql"}, or {"file"} to be told its tables, from its standard input and
writes answers {"status", "rows", "reason", "steps"} to its standard output, each as sixteen bytes
(the number of the request, the length) and JSON; "last" says that it should be asked nothing more.
JSON, because what comes out of here is not trusted: reading it cannot run anything.

What each layer is for (SQLite, 'Defense Against The Dark Arts'):
- a fresh read-only, immutable connection per query: nothing of a query outlives it, and there is
  no journal, no lock and no write-ahead log to be made beside the file;
- the authorizer allows reading tables of that file and calling known pure functions; a virtual
  table (full text, R-tree) cannot be read, because its code would run. It is not trusted alone:
  what it is told of a statement is SQLite's business, and has had gaps;
- limits on lengths, depths and columns bound what one instruction can do, and what compiling can;
- the progress handler counts instructions, so that a query stops at the same place everywhere;
- resource limits of the process hold where SQLite has a bug: no byte can be written to a file, no
  file or socket be opened while a query runs, no process be started, memory and time are bounded;
- whoever asks kills the process when an answer is late: one instruction (LIKE with many %) may run
  for years, and no handler is called while SQL is compiled.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import resource
import sqlite3
import struct
import sys
from typing import Any, BinaryIO
from urllib.parse import quote

EVERY = 10_000
"""Instructions between two looks at the count."""
HEAD = struct.Struct(">QQ")
"""Before each message: the number of the request, and the length of what follows."""

_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
_PURE = """
    abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat
    concat_ws cos cosh count cume_dist current_date current_time current_timestamp date datetime
    degrees dense_rank exp first_value floor format glob group_concat hex highlight ifnull iif
    instr json json_array json_array_length json_each json_error_position json_extract
    json_group_array json_group_object json_insert json_object json_patch json_quote json_remove
    json_replace json_set json_tree json_type json_valid julianday lag last_value lead length like
    likelihood likely ln log log10 log2 lower ltrim match max median min mod nth_value ntile nullif
    octet_length percent_rank pi pow power printf quote radians random rank replace round row_number
    rtrim sign sin sinh snippet soundex sqrt strftime string_agg substr substring subtype sum tan
    tanh time timediff total trim trunc typeof unhex unicode unixepoch unlikely upper -> ->>
"""
FUNCTIONS = frozenset(_PURE.split())
"""Pure, but for the clock and random(); zeroblob and randomblob make nothing but size."""
_DESCRIBING = frozenset({"table_xinfo", "foreign_key_list"})
_TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
_SETUP = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 0",
    "PRAGMA threads = 0",
    "PRAGMA query_only = ON",
)
_TOO_LARGE = re.compile(
    r"too big|too large|too many (terms in compound|columns)|stack overflow|out of memory"
)
_TOKEN = re.compile(
    r"(?P<nothing>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))|'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)"
    r"|`(?:[^`]|``)*(?:`|\Z)|\[[^\]]*(?:\]|\Z)|[\w$]+|.",
    re.DOTALL,
)
_NEVER = ("sqlite_", "pragma_", "dbstat")
"""How tables of SQLite's own begin, which no WITH may lend its name to."""
_NO_RESULT = "the statement gives no result"


class _Refused(Exception):
    """Rows beyond a cap; its text says which."""


def main() -> None:
    """Answers until nobody asks any more."""
    limits = json.loads(sys.argv[1])
    confine(limits)
    reader, writer = sys.stdin.buffer, sys.stdout.buffer
    while (head := reader.read(HEAD.size)) and len(head) == HEAD.size:
        number, size = HEAD.unpack(head)
        request = json.loads(reader.read(size))
        try:
            answer = _within_time(request, limits)
            data = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
        except MemoryError:
            # Whatever ran out of memory is not asked again: the next query gets a fresh process.
            data = b'{"status":"too_large","reason":"out of memory","rows":[],"last":true}'
        _write(writer, number, data)


def _write(writer: BinaryIO, number: int, data: bytes) -> None:
    writer.write(HEAD.pack(number, len(data)) + data)
    writer.flush()


def confine(limits: dict[str, Any]) -> None:
    """Gives up, for good, whatever reading a database does not need."""
    sys.set_int_max_str_digits(0)
    for name, value in (
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_AS", limits["memory"]),
    ):
        # macOS knows no limit of the address space.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


@contextlib.contextmanager
def _no_new_files() -> Any:
    """No file, pipe or socket can be opened; those that are open stay."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _within_time(request: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    """The answer; the system ends this process when it has used the seconds of a query."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used + limits["seconds"]) + 1, hard))
    return answer_to(request["file"], request.get("sql"), limits)


def answer_to(file: str, sql: str | None, limits: dict[str, Any]) -> dict[str, Any]:
    """What one statement gives on one database; without one, what the database holds."""
    watch = Watch(limits["instructions"])
    try:
        with contextlib.closing(opened(file, limits, watch)) as connection, _no_new_files():
            rows = (
                _held(connection, watch) if sql is None else _asked(connection, sql, limits, watch)
            )
        return {"status": "ok", "reason": "", "rows": rows, "steps": watch.steps}
    except _Refused as error:
        status, reason = "too_large", str(error)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOMEM:
            raise MemoryError from error
        status, reason = watch.status_of(error), watch.denied or str(error)
    return {"status": status, "reason": reason[:300], "rows": [], "steps": watch.steps}


class Watch:
    """Counts instructions and remembers what was refused."""

    def __init__(self, instructions: int) -> None:
        self.left, self.steps, self.denied = instructions, 0, ""
        self.tables: frozenset[str] = frozenset()
        self.withs: frozenset[str] = frozenset()

    def progress(self) -> int:
        """Called by SQLite; anything but 0 interrupts."""
        self.steps += EVERY
        return int(self.steps > self.left)

    def authorise(
        self, action: int, first: str | None, second: str | None, base: str | None, _: str | None
    ) -> int:
        """Called by SQLite while it compiles; what is not known to be harmless is denied."""
        name = (second if action == sqlite3.SQLITE_FUNCTION else first or "") or ""
        if action in _ACTIONS:
            return sqlite3.SQLITE_OK
        known = action == sqlite3.SQLITE_FUNCTION and name.lower() in FUNCTIONS
        if action == sqlite3.SQLITE_READ and base in ("main", None):
            # A WITH of the statement is told of only where no column of it is read.
            known = name.lower() in (self.tables if second or base else self.tables | self.withs)
        if known:
            return sqlite3.SQLITE_OK
        self.denied = self.denied or f"not allowed: {_ACTION_WORDS.get(action, action)} {name}"
        return sqlite3.SQLITE_DENY

    def describe(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """The same while a database is described: our own PRAGMAs, and what its views read."""
        known = action in _ACTIONS or action == sqlite3.SQLITE_READ
        known = known or (action == sqlite3.SQLITE_PRAGMA and first in _DESCRIBING)
        known = known or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS)
        return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY

    def status_of(self, error: Exception) -> str:
        """The kind of a failure."""
        code = getattr(error, "sqlite_errorcode", None)
        if self.denied or code == sqlite3.SQLITE_AUTH:
            return "forbidden"
        if code == sqlite3.SQLITE_INTERRUPT:
            return "time_out"
        return "too_large" if _TOO_LARGE.search(str(error)) else "invalid"


_ACTION_WORDS = {
    getattr(sqlite3, name): name.removeprefix("SQLITE_").lower().replace("_", " ")
    for name in dir(sqlite3)
    if re.fullmatch(r"SQLITE_((CREATE|DROP|ALTER)_\w+|INSERT|UPDATE|DELETE|PRAGMA|READ)", name)
} | {
    getattr(sqlite3, name): name.removeprefix("SQLITE_").lower()
    for name in (
        *("SQLITE_ATTACH", "SQLITE_DETACH", "SQLITE_FUNCTION", "SQLITE_TRANSACTION"),
        *("SQLITE_SAVEPOINT", "SQLITE_ANALYZE", "SQLITE_REINDEX"),
    )
}


def opened(file: str, limits: dict[str, Any], watch: Watch) -> sqlite3.Connection:
    """A connection that can do nothing but read that file."""
    uri = f"file:{quote(file)}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        connection.text_factory = _text
        for pragma in _SETUP:
            connection.execute(pragma)
        connection.execute(f"PRAGMA hard_heap_limit = {limits['memory'] // 2}")
        if hasattr(connection, "setconfig"):  # Python 3.12
            # DQS: "x" is a text where no column has that name, as in every older SQLite.
            for name, value in (("DEFENSIVE", True), ("ENABLE_TRIGGER", False), ("DQS_DML", True)):
                connection.setconfig(getattr(sqlite3, f"SQLITE_DBCONFIG_{name}"), value)
        connection.set_progress_handler(watch.progress, EVERY)
        # Declared now: to declare a table function is to write to the schema, says the authorizer.
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')").close()
        # Read before the limits: a schema may be wider than any query needs to be.
        names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        watch.tables = _TABLE_FUNCTIONS | {
            name.lower() for (name,) in names if not name.lower().startswith("sqlite_")
        }
        _limit(connection, limits)
    except BaseException:
        connection.close()
        raise
    return connection


def _limit(connection: sqlite3.Connection, limits: dict[str, Any]) -> None:
    for name, value in (
        ("LENGTH", limits["value_bytes"]),
        ("SQL_LENGTH", limits["sql_bytes"]),
        ("COLUMN", 1_000),
        ("EXPR_DEPTH", 200),
        ("COMPOUND_SELECT", 100),
        ("VDBE_OP", 250_000),
        ("FUNCTION_ARG", 100),
        ("ATTACHED", 0),
        ("LIKE_PATTERN_LENGTH", 1_000),
        ("VARIABLE_NUMBER", 1),
        ("TRIGGER_DEPTH", 1),
        ("WORKER_THREADS", 0),
    ):
        connection.setlimit(getattr(sqlite3, f"SQLITE_LIMIT_{name}"), value)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _asked(
    connection: sqlite3.Connection, sql: str, limits: dict[str, Any], watch: Watch
) -> list[list[Any]]:
    """The rows of a statement that nobody has read."""
    connection.set_authorizer(watch.authorise)
    watch.withs = with_names(sql)
    return _rows(connection, sql, limits)


def with_names(sql: str) -> frozenset[str]:
    """What a statement's WITHs are called, in lower case: NAME or NAME (COLUMNS) before AS (."""
    tokens = [t[0] for t in _TOKEN.finditer(sql) if t["nothing"] is None]
    upper = [t.upper() for t in tokens]
    if "WITH" not in upper:
        return frozenset()
    names = set()
    for place in (i for i, word in enumerate(upper) if word == "AS" and i > 1):
        after = [w for w in upper[place + 1 : place + 4] if w not in ("NOT", "MATERIALIZED")]
        if after[:1] != ["("]:
            continue
        name = place - 1
        if tokens[name] == ")":
            while name > 0 and tokens[name] != "(":
                name -= 1
            name -= 1
        if name > 0 and upper[name - 1] in ("WITH", "RECURSIVE", ","):
            names.add(_bare(tokens[name]).lower())
    return frozenset(name for name in names if not name.startswith(_NEVER))


def _bare(name: str) -> str:
    """A name without its quotes."""
    quote, end = name[:1], name[-1:]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote == end and quote in "'\"`" else name


def _held(connection: sqlite3.Connection, watch: Watch) -> list[list[Any]]:
    """By table or view that can be read: name, columns, foreign keys, as PRAGMAs tell them.

    SQLite's own tables, virtual ones and what these are kept in are left out.
    """
    connection.set_authorizer(watch.describe)
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND substr(name, 1, 7) <> 'sqlite_'"
    ).fetchall()
    virtual = [name for name, sql in found if (sql or "").upper().startswith("CREATE VIRTUAL")]
    inner = tuple(f"{name}_" for name in virtual)
    told = []
    for name in (n for n, _ in found if n not in virtual and not n.startswith(inner)):
        quoted = '"' + name.replace('"', '""') + '"'
        with _without_broken_views():
            columns = connection.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
            keys = connection.execute(f"PRAGMA foreign_key_list({quoted})").fetchall()
            told.append([name, columns, keys])
    return told


@contextlib.contextmanager
def _without_broken_views() -> Any:
    """A view of what is gone or forbidden is none; a file that is no database stays an error."""
    try:
        yield
    except sqlite3.OperationalError:
        pass
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_AUTH:
            raise


def _rows(connection: sqlite3.Connection, sql: str, limits: dict[str, Any]) -> list[list[Any]]:
    """The rows of a statement, blobs as {"b": hexadecimal digits}."""
    cursor = connection.execute(sql)
    if cursor.description is None:
        raise sqlite3.OperationalError(_NO_RESULT)
    rows: list[list[Any]] = []
    size = 0
    for row in cursor:
        size += sum(max(8, len(v)) if isinstance(v, str | bytes) else 8 for v in row)
        if len(rows) >= limits["rows"]:
            raise _Refused(f"more than {limits['rows']:,} rows")
        if size > limits["result_bytes"]:
            raise _Refused(f"more than {limits['result_bytes']:,} bytes of result")
        rows.append([{"b": v.hex()} if isinstance(v, bytes) else v for v in row])
    return rows


if __name__ == "__main__":
    main()
