"""Where the numbers on the edges go: on their edge, and on nothing else if it can be helped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from wvexp.backprop.layout import Edge, Point

# Places along a piece of an edge, best first.
PLACES = (0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8)
HEIGHT, CHARACTER = 40.0, 9.0  # of a value above a gradient, in pixels


@dataclass(frozen=True)
class Box:
    """A rectangle around a centre."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """The shared area."""
        across = (self.width + other.width) / 2 - abs(self.x - other.x)
        down = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(across, 0.0) * max(down, 0.0)


def place_labels(
    curves: Mapping[Edge, list[Point]], lengths: Mapping[Edge, int], obstacles: Iterable[Box]
) -> dict[Edge, Point]:
    """A centre for each edge's label.

    Parameters
    ----------
    curves
        edge -> the points it goes through
    lengths
        edge -> the characters of its longer number
    obstacles
        what is already on the paper
    """
    taken = list(obstacles)
    centres = {}
    for edge, points in curves.items():
        width = CHARACTER * lengths[edge]
        pieces = reversed(list(pairwise(points)))  # nearest to the gate that reads it first
        boxes = [Box(*on_curve(*piece, t), width, HEIGHT) for piece in pieces for t in PLACES]
        best = min(boxes, key=lambda box: sum(box.overlap(other) for other in taken))
        taken.append(best)
        centres[edge] = best.x, best.y
    return centres


def on_curve(start: Point, end: Point, t: float) -> Point:
    """The point at t in [0, 1] of the curve that is level at both ends (a cubic Bézier)."""
    middle = (start[0] + end[0]) / 2
    x = start[0] * (1 - t) ** 3 + 3 * middle * t * (1 - t) + end[0] * t**3
    return x, start[1] + (end[1] - start[1]) * t * t * (3 - 2 * t)
