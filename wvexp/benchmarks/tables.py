"""Figures of any benchmark as tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text


def tables(title: str, figures: Any) -> Iterator[Table]:
    """A table for every list of rows in the figures, and one for the single values of each level.

    A mapping inside a row becomes columns of its own; a mapping of mappings of numbers becomes a
    table with a row for each.
    """
    if isinstance(figures, list):
        yield _table(title, [_flat(row) for row in figures])
        return
    single = {name: value for name, value in figures.items() if not isinstance(value, dict | list)}
    if single:
        yield _table(title, [{"figure": name, "value": value} for name, value in single.items()])
    inner = {name: value for name, value in figures.items() if name not in single}
    if inner and all(_is_row(value) for value in inner.values()):
        rows = [{"": name, **value} for name, value in inner.items()]
        yield _table(title, _turned(rows) if len(rows) < len(rows[0]) else rows)
        return
    for name, value in inner.items():
        yield from tables(f"{title}: {name.replace('_', ' ')}", value)


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and not any(isinstance(v, dict | list) for v in value.values())


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def _turned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as columns: few columns of many lines fit a terminal better."""
    names = list(dict.fromkeys(name for row in rows for name in row if name))
    return [{"figure": name, **{row[""]: row.get(name) for row in rows}} for name in names]


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for name in columns:
        words = all(isinstance(row.get(name), str | None) for row in rows)
        table.add_column(name.replace("_", " "), justify="left" if words else "right")
    for row in rows:
        table.add_row(*(Text(_written(row.get(name))) for name in columns))
    return table


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
