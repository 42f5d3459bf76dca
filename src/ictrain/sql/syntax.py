"""What the text of a statement says, by sqlglot; what sqlglot cannot parse says nothing."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

_LONGEST = 20_000
"""Characters; sqlglot takes a second for a statement ten times as long."""


_FENCE = re.compile(r"```[ \t]*\w*[ \t]*\n(?P<sql>.*?)(?:```|\Z)", re.DOTALL)


def statement_of(output: str) -> str:
    """The SQL of an answer: what stands in its first block between ```, or all of it."""
    fenced = _FENCE.search(output)
    return (fenced["sql"] if fenced else output).strip()


@lru_cache(maxsize=4096)
def parsed(sql: str) -> Any:
    """The sqlglot tree of one statement; None where it is none. It is shared: copy it to change it.

    SQLite's dialect, in which "x" may be a text; whether it is depends on the database.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells of what it does not know
    if len(sql) > _LONGEST:
        return None
    try:
        found = [tree for tree in sqlglot.parse(sql, read="sqlite") if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return None
    return found[0] if len(found) == 1 else None


def literals(sql: str) -> list[str]:
    """The texts and numbers of a statement as they stand in it; none where it does not parse."""
    from sqlglot import exp

    tree = parsed(sql)
    return [] if tree is None else [literal.this for literal in tree.find_all(exp.Literal)]


def orders(sql: str) -> bool:
    """Whether the statement orders its own rows, and not only those of a part of it."""
    from sqlglot import exp

    tree = parsed(sql)
    if tree is None:
        return _says_order(sql)
    while isinstance(tree, exp.Subquery) and tree.args.get("order") is None:
        tree = tree.this
    return tree is not None and tree.args.get("order") is not None


def _says_order(sql: str) -> bool:
    """The same where there is no tree: ORDER BY outside of texts and brackets."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"|--[^\n]*", " ", sql)
    while (shorter := re.sub(r"\([^()]*\)", " ", text)) != text:
        text = shorter
    return re.search(r"\border\s+by\b", text, re.IGNORECASE) is not None


def normalised(sql: str) -> str | None:
    """A form in which two spellings of one statement are equal; None where it does not parse.

    Case of key words and of names without quotes, quotes, white space, comments, redundant
    brackets, how tables' aliases are called, and the words AS and INNER do not count. What stands
    in double quotes keeps its case: SQLite takes it as a text where no column has that name.
    """
    tree = parsed(sql)
    if tree is None:
        return None
    try:
        return _written(tree.copy())
    except RecursionError:
        return None


def _written(tree: Any) -> str:
    from sqlglot import exp

    names: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        alias = table.args.get("alias")
        if alias is not None:  # no table can be called so
            names.setdefault(alias.name.lower(), f" {len(names)}")
    for alias in list(tree.find_all(exp.TableAlias)):
        renamed = names.get(alias.name.lower())
        if renamed and isinstance(alias.parent, exp.Table):
            alias.set("this", exp.to_identifier(renamed))
    for column in tree.find_all(exp.Column):
        renamed = names.get(column.table.lower()) if column.table else None
        if renamed:
            column.set("table", exp.to_identifier(renamed))
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted"):
            identifier.set("this", identifier.this.lower())
        identifier.set("quoted", False)
    for ordered in tree.find_all(exp.Ordered):
        if ordered.args.get("desc") is False:  # ASC, as without a word
            ordered.set("desc", None)
    for join in tree.find_all(exp.Join):
        if join.args.get("kind") == "INNER":
            join.set("kind", None)
    for paren in list(tree.find_all(exp.Paren)):
        if isinstance(paren.this, exp.Column | exp.Literal | exp.Paren):
            paren.replace(paren.this)
    return str(tree.sql(dialect="sqlite", comments=False, normalize_functions="lower"))
