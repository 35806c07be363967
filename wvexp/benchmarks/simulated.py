"""Simulated experiments with known truth, for the calibration of the statistics.

Whether arm a, trained on n examples with seed s, is right on an item of test unit u is decided by
a latent normal number: Phi^-1(accuracy) + unit effects + seed effects + residual, with variances
that add to 1, so that the expected accuracy over seeds and units is exactly the one put in.

    unit effects   difficulty shared by all arms, a part for each arm, a part for each size
    seed effects   luck of the draw of the subset, shared by the arms and in part by the sizes
                   (subsets are nested), and luck of each arm; larger on small sizes
    residual       of seed and unit, in part shared by the arms of a seed
"""

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wvexp.analysis.scores import accuracy_values, f1_values

Kind = Literal["sentences", "documents", "entities"]
Array = NDArray[np.float64]
Latent = NDArray[np.float32]

# Spurious entities for each one missed.
SPURIOUS = 0.7


@dataclass(frozen=True)
class Design:
    """One experiment as planned.

    accuracy   [arms, sizes]: the true expected accuracy (for "entities" the true recall)
    seed_sd    [sizes]: of the seed effects, on the latent scale; below 0.6
    unit_share of the latent variance that belongs to units, 0 to 0.6
    kind       "sentences": one item a unit; "documents": many tokens, in varying numbers;
               "entities": a few entities per document, scored by F1
    heavy      whether the luck of seeds has the tails of a t distribution with 4 degrees of freedom
    """

    accuracy: Array
    seed_sd: Array
    unit_share: float
    kind: Kind
    seeds: int
    units: int
    heavy: bool = False


def simulate(design: Design, rng: np.random.Generator) -> Array:
    """Values [arms, sizes, seeds, units] of one experiment."""
    arms, sizes = design.accuracy.shape
    shape = (arms, sizes, design.seeds, design.units)

    def normal(*of: int) -> Latent:
        """Effects that differ along the axes `of`: 0 arms, 1 sizes, 2 seeds, 3 units."""
        drawn = [n if axis in of else 1 for axis, n in enumerate(shape)]
        return rng.standard_normal(drawn, dtype=np.float32)

    def luck(*of: int) -> Latent:
        if not design.heavy:
            return normal(*of)
        drawn = [n if axis in of else 1 for axis, n in enumerate(shape)]
        return (rng.standard_t(4, drawn) / np.sqrt(2)).astype(np.float32)

    def mix(*parts: tuple[float, Latent]) -> Latent:
        return reduce(np.add, (np.float32(np.sqrt(share)) * part for share, part in parts))

    unit = mix((0.5, normal(3)), (0.35, normal(0, 3)), (0.15, normal(0, 1, 3)))
    seed = mix((0.2, luck(2)), (0.3, luck(1, 2)), (0.5, luck(0, 1, 2)))
    seed_sd = design.seed_sd[:, None, None].astype(np.float32)
    residual_sd = np.sqrt(np.float32(1 - design.unit_share) - seed_sd**2)
    effects = (
        ndtri(design.accuracy)[:, :, None, None].astype(np.float32)
        + np.float32(np.sqrt(design.unit_share)) * unit
        + seed_sd * seed
    )
    if design.kind == "sentences":
        residual = mix((0.3, normal(1, 2, 3)), (0.7, normal(0, 1, 2, 3)))
        right = effects + residual_sd * residual > 0
        return np.array([[accuracy_values(of_size, 1) for of_size in arm] for arm in right])
    chance = ndtr((effects / residual_sd).astype(np.float64))
    if design.kind == "documents":
        tokens = np.ceil(rng.lognormal(3.5, 0.7, design.units)).astype(np.int64)
        right = rng.binomial(tokens, chance)
        return np.array([[accuracy_values(of_size, tokens) for of_size in arm] for arm in right])
    entities = rng.poisson(rng.gamma(1.0, 4.0, design.units))
    found = rng.binomial(entities, chance)
    spurious = rng.poisson(SPURIOUS * entities * (1 - chance))
    return np.array(
        [
            [f1_values(found[a, k], spurious[a, k], entities - found[a, k]) for k in range(sizes)]
            for a in range(arms)
        ]
    )


def true_scores(design: Design) -> Array:
    """The expected score [arms, sizes] over all seeds and units one might have had."""
    if design.kind != "entities":
        return design.accuracy
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    seed_sd = design.seed_sd[None, :, None]
    recall = ndtr((ndtri(design.accuracy)[..., None] + seed_sd * nodes) / np.sqrt(1 - seed_sd**2))
    f1 = 2 * recall / (2 * recall + (1 + SPURIOUS) * (1 - recall))
    return f1 @ (weights / weights.sum())


@dataclass(frozen=True)
class Curves:
    """True accuracy curves of two arms between `first` and `last` examples.

    B's error is floor + height (n / first)^-exponent. A's lead over B falls as
    (n / first)^-fading, through 0 at `crossing`; without one it falls from `lead` to a quarter
    of it at most. `lead` is the largest there is, be it at the first size or at the last.
    """

    floor: float
    height: float
    exponent: float
    lead: float
    fading: float
    crossing: float | None
    first: float
    last: float

    def accuracy(self, n: Array) -> Array:
        """[2, sizes] for arms A and B."""
        b = 1 - self.floor - self.height * (n / self.first) ** -self.exponent
        decay = (n / self.first) ** -self.fading
        if self.crossing is None:
            return np.stack([b + self.lead * (0.25 + 0.75 * decay), b])
        zero = (self.crossing / self.first) ** -self.fading
        largest = max(1 - zero, zero - (self.last / self.first) ** -self.fading)
        return np.stack([b + self.lead * (decay - zero) / largest, b])


def draw_curves(sizes: Array, crosses: bool, rng: np.random.Generator) -> Curves:
    """Curves as real ones come: B from 52-72 % up to at most 91 %, the lead 2 to 10 points."""
    inside = np.log([sizes[0] * 1.3, sizes[-1] / 1.1])
    return Curves(
        floor=float(rng.uniform(0.08, 0.18)),
        height=float(rng.uniform(0.2, 0.3)),
        exponent=float(rng.uniform(0.15, 0.6)),
        lead=float(rng.uniform(0.02, 0.10)),
        fading=float(rng.uniform(0.1, 0.5)),
        crossing=float(np.exp(rng.uniform(*inside))) if crosses else None,
        first=float(sizes[0]),
        last=float(sizes[-1]),
    )


def draw_design(accuracy: Array, seeds: int, rng: np.random.Generator) -> Design:
    """A test set and a spread of seeds as real ones come, for accuracies [arms, sizes]."""
    kinds: tuple[Kind, ...] = ("sentences", "sentences", "documents", "entities")
    kind = kinds[rng.integers(4)]
    units = {"sentences": (200, 1200), "documents": (40, 300), "entities": (100, 400)}[kind]
    first, last = rng.uniform(0.05, 0.25), rng.uniform(0.01, 0.06)
    return Design(
        accuracy=accuracy,
        seed_sd=np.geomspace(first, min(first, last), accuracy.shape[1]),
        unit_share=float(rng.uniform(0.2, 0.6)),
        kind=kind,
        seeds=seeds,
        units=int(np.exp(rng.uniform(*np.log(units)))),
    )
