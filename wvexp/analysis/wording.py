"""Sizes and counts in words: a size that was measured in full, any other as about so much."""

from collections.abc import Sequence


def place(size: float, measured: Sequence[float] = ()) -> str:
    """A training size: in full where it was measured, else to three figures and said to be so."""
    if any(abs(size - known) <= 1e-6 * known for known in measured):
        return f"{size:,.0f}"
    rounded = float(f"{size:.3g}")
    return f"about {rounded:,.0f}"


def counted(count: int, noun: str) -> str:
    """`1 seed`, `2 seeds`, `no seeds`."""
    return f"{f'{count:,}' if count else 'no'} {noun}{'' if count == 1 else 's'}"


def in_short(reasons: Sequence[str]) -> str:
    """The first of several reasons, and how many more there are."""
    more = len(reasons) - 1
    return f"{reasons[0]} (and {more} more)" if more else reasons[0]
