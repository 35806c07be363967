"""Do the intervals of what labels and vectors are worth hold the truth? By simulation.

Two arms over five sizes, on curves of five families of which one alone is a power law; the second
arm's curve is the first's at `times` as many labels, so that what the vectors are worth is known.
Half of the experiments have heavy-tailed seeds.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.label_worth import doubling_gain, vectors_worth
from wvexp.benchmarks.simulated import Design, simulate
from wvexp.seeds import stream

Array = NDArray[np.float64]

SIZES = np.array([100.0, 316.0, 1000.0, 3162.0, 10000.0])
SEEDS = (3, 5, 10)
UNITS = (200, 2000)
# The smallest, the middle and the largest: where the vectors are most and least worth.
_AT = (0, 2, 4)


@dataclass(frozen=True)
class Truth:
    """The error without the vectors [sizes], and how many times the labels they are worth."""

    error: Callable[[Array], Array]
    times: Callable[[Array], Array]

    def accuracy(self, n: Array) -> Array:
        """[2, sizes] with the vectors and without."""
        return 1 - np.stack([self.error(n * self.times(n)), self.error(n)])


def label_worth(experiments: int = 2000, seed: int = 0) -> dict[str, Any]:
    """Of each family of curves how often something is said, and how often it holds the truth."""
    return {"experiments": experiments} | {
        family: _family(family, experiments, seed) for family in FAMILIES
    }


def _family(family: str, experiments: int, seed: int) -> dict[str, Any]:
    said: Counter[str] = Counter()
    held: Counter[str] = Counter()
    widths = []
    for index in range(experiments):
        rng = stream(seed, "label worth", list(FAMILIES).index(family), index)
        truth = draw_truth(family, rng)
        first, last = rng.uniform(0.05, 0.25), rng.uniform(0.01, 0.06)
        design = Design(
            accuracy=truth.accuracy(SIZES),
            seed_sd=np.geomspace(first, min(first, last), len(SIZES)),
            unit_share=float(rng.uniform(0.2, 0.6)),
            kind="sentences",
            seeds=SEEDS[index % len(SEEDS)],
            units=int(np.exp(rng.uniform(*np.log(UNITS)))),
            heavy=index % 2 == 0,
        )
        with_vectors, without = simulate(design, rng)
        found = doubling_gain("", without, SIZES.tolist())
        if found.low is not None and found.high is not None:
            once, twice = truth.error(SIZES[-1:] * [1.0, 2.0])
            said["doubling"] += 1
            held["doubling"] += found.low <= once - twice <= found.high
            widths.append(found.high - found.low)
        for k in _AT:
            worth = vectors_worth(("", " "), with_vectors, without, SIZES.tolist(), k)
            if worth.status == "undecided":
                continue
            times = float(truth.times(SIZES[k : k + 1])[0])
            hit = (worth.low is None or worth.low <= times) and (
                worth.high is None or times <= worth.high
            )
            for name in (f"vectors at {SIZES[k]:g}", f"vectors, {worth.status}"):
                said[name] += 1
                held[name] += hit

    def tried(name: str) -> int:
        return experiments * (len(_AT) if name.startswith("vectors,") else 1)

    return {
        "median width of doubling": float(np.median(widths)) if widths else None,
        **{
            name: {"said": said[name] / tried(name), "held": held[name] / said[name]}
            for name in sorted(said)
        },
    }


def _power(rng: np.random.Generator) -> Callable[[Array], Array]:
    c = rng.uniform(0.15, 0.6)
    return lambda x: x**-c


def _plateau(rng: np.random.Generator) -> Callable[[Array], Array]:
    k, middle = rng.uniform(0.3, 0.8), np.exp(rng.uniform(*np.log([3, 60])))
    return lambda x: np.exp(-((x / middle) ** k))


def _sigmoid(rng: np.random.Generator) -> Callable[[Array], Array]:
    k, middle = rng.uniform(0.6, 1.4), np.exp(rng.uniform(*np.log([2, 50])))
    return lambda x: 1 / (1 + (x / middle) ** k)


def _broken(rng: np.random.Generator) -> Callable[[Array], Array]:
    """One power law up to a size, another from there on."""
    (before, after), middle = rng.uniform(0.1, 0.6, 2), np.exp(rng.uniform(*np.log([3, 40])))
    rest = (before - after) / 2
    return lambda x: x**-before * ((1 + (x / middle) ** 2) / (1 + middle**-2)) ** rest


def _straight(rng: np.random.Generator) -> Callable[[Array], Array]:
    """Falling with the logarithm of the size all the way."""
    slope = rng.uniform(0.05, 0.12)
    return lambda x: np.maximum(1 - slope * np.log(x), -0.1)


FAMILIES: dict[str, Callable[[np.random.Generator], Callable[[Array], Array]]] = {
    "power law": _power,
    "plateau": _plateau,
    "sigmoid": _sigmoid,
    "two power laws": _broken,
    "straight": _straight,
}


def draw_truth(family: str, rng: np.random.Generator) -> Truth:
    """The vectors are worth 1.2 to 12 times the labels at first, and ever less, down to 0.4."""
    shape = FAMILIES[family](rng)
    floor, height = rng.uniform(0.06, 0.18), rng.uniform(0.2, 0.35)
    first = float(np.exp(rng.uniform(*np.log([1.2, 12]))))
    last = rng.uniform(0.4, 1.0) if rng.random() < 0.15 else first ** (1 - rng.uniform(0, 1.2))
    fall = np.log(max(last, 0.3) / first) / np.log(SIZES[-1] / SIZES[0])
    return Truth(
        error=lambda n: floor + height * shape(n / SIZES[0]),
        times=lambda n: first * (n / SIZES[0]) ** fall,
    )
