"""What labels and vectors are worth, in words."""

from collections.abc import Callable
from math import ceil, floor

from wvexp.analysis.label_worth import Doubling, VectorWorth
from wvexp.report.findings import Findings
from wvexp.report.quantities import points
from wvexp.report.reasons import in_short
from wvexp.report.table import Row
from wvexp.report.words import unit

# From here on tenths of a ratio say nothing.
_WHOLE = 10


def worth_words(f: Findings) -> list[str]:
    """What twice the labels would buy, and how many labels the vectors stand for at one size."""
    found, said = f.label_worth, []
    if found.doubling is not None and found.doubling.estimate is not None:
        said.append(
            f"doubling the {found.doubling.size:,.0f} {unit(f)} {doubling_words(found.doubling)}"
        )
    worth = found.in_short
    if worth is not None and worth.status != "undecided":
        said.append(f"at {worth.size:,.0f} the vectors are worth {times_words(worth, unit(f))}")
    return said


def worth_rows(f: Findings) -> list[Row]:
    """The same for every size: what, size, status, what is known."""
    doubling = f.label_worth.doubling
    rows: list[Row] = []
    if doubling is not None:
        status = "undecided" if doubling.estimate is None else "extrapolated"
        size = f"{doubling.size:,.0f}"
        rows.append(("doubling the labels", size, status, doubling_words(doubling)))
    for worth in f.label_worth.vectors:
        known = times_words(worth, unit(f))
        rows.append((f"{worth.a} against {worth.b}", f"{worth.size:,.0f}", worth.status, known))
    return rows


def doubling_words(d: Doubling) -> str:
    """What follows `doubling the labels`; what stands in the way where it cannot be told."""
    if d.estimate is None or d.low is None or d.high is None:
        return f"cannot be told ({in_short(d.notes)})"
    interval = f"[{100 * d.low:.1f}, {100 * d.high:.1f}]"
    return f"would buy {points(d.estimate, signed=True)} {interval} of {d.arm}, extrapolated"


def times_words(worth: VectorWorth, of: str) -> str:
    """How many times the labels the arm without the vectors needs."""
    low = None if worth.low is None else _number(worth.low, floor)
    high = None if worth.high is None else _number(worth.high, ceil)
    match worth.status:
        case "measured" | "extrapolated":
            about = "" if worth.estimate is None else f"{_number(worth.estimate, round)} "
            said = f"{about}times the labels [{low}, {high}]"
            if not about:
                said = f"{low} to {high} times the labels"
            if worth.status == "extrapolated":
                said += ", extrapolated"
        case "more":
            said = f"more than {low} times the labels"
        case "less":
            said = f"less than {high} times the labels"
        case _:
            return "undecided"
    if worth.reached is False:
        said += f": {worth.b} does not reach {worth.a} there with {worth.last:,.0f} {of}"
    return said


def _number(ratio: float, to_whole: Callable[[float], int]) -> str:
    """A ratio to a tenth, from 10 on to a whole; `to_whole` takes ends of an interval outwards."""
    ratio = round(ratio, 9)  # an end at a measured size is not quite it
    if ratio >= _WHOLE:
        return f"{to_whole(ratio):,}"
    return f"{to_whole(10 * ratio) / 10:.1f}"
