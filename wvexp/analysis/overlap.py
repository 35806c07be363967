"""Cross-fits: training sets that overlap make every interval too narrow.

The models of the folds share most of their training examples, and all seeds share the pool that
the folds are cut from: what another pool would have given is in no variance that can be computed
from the scores (Bengio and Grandvalet 2004). Nadeau and Bengio (2003) multiply the variance of
a mean over J folds by 1 + J n_test / n_train, here 1 + J / (J - 1), a little over 2.
"""


def variance_inflation(folds: int | None) -> float:
    """What variances are multiplied by; 1 without folds."""
    if folds is None:
        return 1.0
    if folds < 2:
        raise ValueError(f"{folds} folds: expected 2 or more")
    return 1.0 + folds / (folds - 1)
