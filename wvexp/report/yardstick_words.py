"""What the yardsticks say of the recommended arm or recipe."""

from wvexp.report.findings import Findings
from wvexp.report.quantities import percent, points


def better_yardstick(f: Findings) -> str:
    """The best of the yardsticks that are better than what is recommended; empty for none.

    Better by the interval, as arms are ahead; what follows from that, where it is called too.
    """
    ahead = next((one for one in f.yardsticks if one.ahead), None)
    d = None if ahead is None else ahead.difference
    if ahead is None or d is None:
        return ""
    assert d.estimate is not None
    assert d.low is not None
    assert d.high is not None
    follows = "; word vectors are not what is missing here"
    if ahead.standing != "better":
        follows = f", not called with all {len(f.yardsticks)} yardsticks counted"
    return (
        f"{ahead.words[0].upper()}{ahead.words[1:]} is {points(d.estimate)} better "
        f"[{100 * d.low:.1f}, {100 * d.high:.1f}]{follows}."
    )


def without_vectors(f: Findings) -> str:
    """The scores of the yardsticks, and what they are from the recommended one's."""
    said = []
    for one in f.yardsticks:
        d = one.difference
        apart = ""
        if d is not None and d.estimate is not None:
            apart = f" ({100 * d.estimate:+.1f})"
            if d.low is not None and d.high is not None:
                apart = f" ({100 * d.estimate:+.1f} [{100 * d.low:+.1f}, {100 * d.high:+.1f}])"
        said.append(f"{one.words} {percent(one.score)}{apart}")
    return f"; without word vectors: {', '.join(said)}" if said else ""
