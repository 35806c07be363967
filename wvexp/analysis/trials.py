"""What learning-rate trials buy: the best validation score to expect from a number of trials."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def expected_best(scores: Sequence[float], trials: int) -> NDArray[np.float64]:
    """Expected best validation score after 1..trials learning-rate trials: [trials].

    Dodge et al. (2019), equation 4: the trials are draws with replacement from the scores seen.
    More trials than scores would promise more than was measured and are refused.
    """
    ordered = np.sort(np.asarray(scores, np.float64))
    count = len(ordered)
    if not np.isfinite(ordered).all() or not 1 <= trials <= count:
        raise ValueError(
            f"{trials} trials from {count} scores: expected 1 to as many trials as there are "
            "scores, all of them finite"
        )
    ranks = np.arange(count + 1) / count
    powers = ranks ** np.arange(1, trials + 1)[:, None]
    return np.diff(powers, axis=1) @ ordered
