"""Sizes and counts in words: a size that was measured in full, any other as about so much."""

from collections.abc import Sequence

# Of a size: what lies nearer to the largest measured says no more than that one does.
_CLOSE = 0.95


def place(size: float, measured: Sequence[float] = ()) -> str:
    """A training size: in full where it was measured, else to three figures and said to be so."""
    if any(abs(size - known) <= 1e-6 * known for known in measured):
        return f"{size:,.0f}"
    rounded = float(f"{size:.3g}")
    return f"about {rounded:,.0f}"


def from_on(size: float, measured: Sequence[float], of: str = "") -> str:
    """From a size to the largest measured, beyond which nothing is claimed.

    So close to the largest that only it was measured there, it is that one alone. `of` is what
    sizes are counted in.
    """
    last, of = f"{measured[-1]:,.0f}", f" {of}" if of else ""
    if size > _CLOSE * measured[-1]:
        return f"at {last}{of}, the largest size measured"
    return f"from {place(size, measured)}{of} to {last}, the largest measured"


def counted(count: int, noun: str) -> str:
    """`1 seed`, `2 seeds`, `no seeds`."""
    return f"{f'{count:,}' if count else 'no'} {noun}{'' if count == 1 else 's'}"


def margin_words(margin: float) -> str:
    """A margin in points, in full: `1 point`, `0.25 points`."""
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"


def listed(entries: Sequence[str]) -> str:
    """`100`, `100 and 240`, `100, 240 and 600`."""
    *first, last = entries or [""]
    return f"{', '.join(first)} and {last}" if first else last
