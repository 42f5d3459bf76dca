"""The literals of a statement that are compared with a column, where they stand in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ictrain.sql.schema import Column, Schema
from ictrain.sql.syntax import parsed

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Site:
    """One literal.

    Attributes:
        start, end: of its text in the statement, quotes included.
        kind: how it is written.
        value: what a question would call it; of a LIKE, what stands between the %.
        before, after: the % of a LIKE.
        columns: with which of the schema it is compared.
    """

    start: int
    end: int
    kind: Literal["text", "number"]
    value: Value
    before: str
    after: str
    columns: tuple[Column, ...]

    def written(self, sql: str, value: Value) -> str:
        """The literal with another value, in the quotes that it has."""
        if self.kind == "number":
            return str(value)
        quote = sql[self.start]
        text = f"{self.before}{value}{self.after}"
        return quote + text.replace(quote, quote * 2) + quote


def exchanged(sql: str, sites: Sequence[Site], value: Value) -> str:
    """The statement with another value at all these places; nothing else of its text changes."""
    for site in sorted(sites, key=lambda s: -s.start):
        sql = sql[: site.start] + site.written(sql, value) + sql[site.end :]
    return sql


def place_of(node: Any) -> tuple[int, int]:
    """Where a literal of a tree, or a name in quotes that SQLite takes as one, stands in the text;
    (-1, 0) where sqlglot does not say."""
    named = getattr(node, "this", None)
    place = getattr(node if isinstance(named, str) else named, "meta", None) or {}
    return place.get("start", -1), place.get("end", -1) + 1


def sites_of(sql: str, schema: Schema) -> list[Site]:
    """All of them, in the order of the text; none where the statement does not parse."""
    tree = parsed(sql)
    if tree is None:
        return []
    scope = _Scope(tree, schema)
    found = {site.start: site for site in scope.sites(sql)}
    return [found[start] for start in sorted(found)]


class _Scope:
    """Which columns the names of a statement may mean; its parts are not told apart."""

    def __init__(self, tree: Any, schema: Schema) -> None:
        from sqlglot import exp

        self.exp, self.tree = exp, tree
        tables = {t.name.lower(): t for t in schema.tables}
        self.aliases: dict[str, list[Any]] = {}
        for table in tree.find_all(exp.Table):
            if table.name.lower() in tables:
                own = self.aliases.setdefault((table.alias or table.name).lower(), [])
                own.append(tables[table.name.lower()])

    def sites(self, sql: str) -> Iterable[Site]:
        exp = self.exp
        compared = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.In)
        for node in self.tree.find_all(*compared, exp.Between):
            sides = [bare for child in node.iter_expressions() if (bare := self.bare(child))]
            columns = [c for side in sides for c in self.columns(side)]
            literals = [side for side in sides if self.is_literal(side)]
            if columns and len(literals) == len(list(node.iter_expressions())) - 1:
                for literal in literals:
                    site = self.site(sql, literal, tuple(columns), isinstance(node, exp.Like))
                    if site is not None:
                        yield site

    def bare(self, node: Any) -> Any:
        """What stands inside brackets, and functions that change the case alone."""
        while isinstance(node, self.exp.Paren | self.exp.Lower | self.exp.Upper | self.exp.Trim):
            node = node.this
        return node

    def columns(self, node: Any) -> list[Column]:
        """The columns that a name may mean."""
        if not isinstance(node, self.exp.Column):
            return []
        lists = [self.aliases.get(node.table.lower(), [])] if node.table else self.aliases.values()
        tables = {id(t): t for own in lists for t in own}.values()
        return [c for t in tables for c in t.columns if c.name.lower() == node.name.lower()]

    def is_literal(self, node: Any) -> bool:
        """A text or number, or what SQLite takes as a text: "x" where no column has that name."""
        if isinstance(node, self.exp.Literal):
            return True
        quoted = isinstance(node, self.exp.Column) and node.this.args.get("quoted")
        return bool(quoted and not node.table and not self.columns(node))

    def site(self, sql: str, node: Any, columns: tuple[Column, ...], like: bool) -> Site | None:
        start, end = place_of(node)
        if not 0 <= start < end <= len(sql):
            return None
        if isinstance(node, self.exp.Literal) and not node.is_string:
            number = _number(node.this)
            if number is None or sql[start:end] != node.this:
                return None
            return Site(start, end, "number", number, "", "", columns)
        if sql[start] not in "'\"" or sql[end - 1] != sql[start]:
            return None
        text = node.this if isinstance(node, self.exp.Literal) else node.name
        core = text.strip("%") if like else text
        if not core.strip() or (like and ("%" in core or "_" in core)):
            return None
        before = text[: len(text) - len(text.lstrip("%"))] if like else ""
        after = text[len(text.rstrip("%")) :] if like else ""
        return Site(start, end, "text", core, before, after, columns)


def _number(text: str) -> int | float | None:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return None
