"""JAX's way to train many runs at once: jit(vmap(scan)), dense updates of compact rows."""

from typing import Any

import numpy as np

from wvexp.benchmarks.loops import Train
from wvexp.benchmarks.problem import BATCH, Problem
from wvexp.rules import ADAGRAD, ADAM

# Runs trained at once; the time of a step is that of one run.
RUNS = 8


def jax_vmap(problem: Problem) -> Train:
    """`RUNS` copies of the run; the last batch is filled up with windows of weight 0.

    Raises
    ------
    ImportError
        JAX is not installed.
    """
    import jax
    import jax.numpy as jnp

    compact = problem.compact()
    count = len(compact.order)
    at = np.arange(-(-count // BATCH) * BATCH).reshape(-1, BATCH)
    weights = jnp.asarray(at < count, jnp.float32)
    windows = jnp.asarray(compact.windows[np.minimum(at, count - 1)])
    labels = jnp.asarray(compact.labels[np.minimum(at, count - 1)])
    rate, tuned, rule = compact.lr, compact.tuned, compact.rule

    def loss_of(trained: Any, frozen: Any, x: Any, y: Any, weight: Any) -> Any:
        p = {**frozen, **trained}
        vectors = jnp.where((x > 0)[..., None], p["embedding.weight"][x], 0)  # PAD learns nothing
        features = vectors.reshape(len(x), -1)
        h = jnp.tanh(features @ p["head.hidden.weight"].T + p["head.hidden.bias"])
        logits = h @ p["head.output.weight"].T + p["head.output.bias"]
        picked = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
        return -(picked[:, 0] * weight).sum() / weight.sum()

    def adagrad(p: Any, g: Any, m: Any, v: Any, step: Any) -> Any:
        v = v + g * g
        return p - rate * g / (jnp.sqrt(v) + 1e-10), m, v

    def adam(p: Any, g: Any, m: Any, v: Any, step: Any) -> Any:
        m, v = m + 0.1 * (g - m), v + 0.001 * (g * g - v)
        first, second = 1 - 0.9**step, jnp.sqrt(1 - 0.999**step)
        return p - rate / first * m / (jnp.sqrt(v) / second + 1e-8), m, v

    update = {ADAGRAD.name: adagrad, ADAM.name: adam}[rule]
    table = {"embedding.weight": jnp.asarray(compact.table)}
    network = {name: jnp.asarray(array) for name, array in compact.network.items()}
    trained, frozen = ({**network, **table}, {}) if tuned else (network, table)

    def epoch(state: Any) -> Any:
        def step(state: Any, batch: Any) -> Any:
            p, m, v, count = state
            loss, g = jax.value_and_grad(loss_of)(p, frozen, *batch)
            new = {name: update(p[name], g[name], m[name], v[name], count) for name in p}
            parts = [{name: new[name][i] for name in new} for i in range(3)]
            return (*parts, count + 1), loss

        state, losses = jax.lax.scan(step, state, (windows, labels, weights))
        return state, losses.mean()

    zeros = {name: jnp.zeros_like(array) for name, array in trained.items()}
    start = jax.tree.map(
        lambda a: jnp.broadcast_to(a, (RUNS, *a.shape)), (trained, zeros, zeros, jnp.float32(1))
    )
    compiled = jax.jit(jax.vmap(epoch))
    jax.block_until_ready(compiled(start))

    def train() -> float:
        state, losses = start, None
        for _ in range(problem.epochs):
            state, losses = compiled(state)
        return float(np.asarray(losses)[0])

    return train
