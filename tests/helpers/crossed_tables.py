"""Tables [seeds, units] drawn with both effects, and their mean squares by plain sums."""


def table(rng, seeds=6, units=40, seed_sd=0.5, unit_sd=1.0):
    return (
        0.3
        + seed_sd * rng.standard_normal((seeds, 1))
        + unit_sd * rng.standard_normal((1, units))
        + rng.standard_normal((seeds, units))
    )


def mean_products(a, b):
    """Between seeds, between units and residual, of the same seeds and units of two tables."""
    seeds, units = a.shape
    by_seed = sum(units * (a[s].mean() - a.mean()) * (b[s].mean() - b.mean()) for s in range(seeds))
    by_unit = sum(
        seeds * (a[:, u].mean() - a.mean()) * (b[:, u].mean() - b.mean()) for u in range(units)
    )
    residual = sum(
        (a[s, u] - a[s].mean() - a[:, u].mean() + a.mean())
        * (b[s, u] - b[s].mean() - b[:, u].mean() + b.mean())
        for s in range(seeds)
        for u in range(units)
    )
    return by_seed / (seeds - 1), by_unit / (units - 1), residual / ((seeds - 1) * (units - 1))


def mean_squares(x):
    return mean_products(x, x)
