"""The bound on the gradient's norm: of all that moves together, in both engines alike."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from layered_runs import configure, make_data, task_of
from torch import nn

from wvexp.seeds import stream
from wvexp.training.clipping import clip_gradients
from wvexp.training.engines import make_engine
from wvexp.training.setup import set_up

torch.sparse.check_sparse_tensor_invariants.disable()  # said aloud, as torch warns of its default


def parameters_with_gradients(seed, dense, rows, *, coalesced):
    """Parameters of which some have dense gradients and some those of a few rows, and one none."""
    rng = np.random.default_rng(seed)
    found = [nn.Parameter(torch.zeros(3))]
    for _ in range(dense):
        p = nn.Parameter(torch.zeros(4, 2))
        p.grad = torch.from_numpy(rng.normal(size=(4, 2)).astype(np.float32))
        found.append(p)
    for _ in range(rows):
        p = nn.Parameter(torch.zeros(9, 2))
        places = torch.from_numpy(rng.integers(0, 9, (1, 5)))  # some twice
        values = torch.from_numpy(rng.normal(size=(5, 2)).astype(np.float32))
        p.grad = torch.sparse_coo_tensor(places, values, (9, 2))
        if coalesced:
            p.grad = p.grad.coalesce()
        found.append(p)
    return found


def dense_copies(parameters):
    copies = []
    for p in parameters:
        copy = nn.Parameter(p.detach().clone())
        if p.grad is not None:
            copy.grad = (p.grad.to_dense() if p.grad.is_sparse else p.grad).clone()
        copies.append(copy)
    return copies


@given(
    seed=st.integers(0, 999),
    dense=st.integers(0, 3),
    rows=st.integers(0, 3),
    coalesced=st.booleans(),
    most=st.sampled_from([1e-3, 0.5, 3.0, 100.0]),
)
def test_it_is_torchs_own_on_dense_copies(seed, dense, rows, coalesced, most):
    found = parameters_with_gradients(seed, dense, rows, coalesced=coalesced)
    wanted = dense_copies(found)
    nn.utils.clip_grad_norm_(wanted, most)
    clip_gradients(found, most)
    for one, other in zip(dense_copies(found), wanted, strict=True):
        if other.grad is None:
            assert one.grad is None
        else:
            # torch divides by the norm + 1e-6
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-9)


def test_a_gradient_within_the_bound_keeps_its_bits():
    found = parameters_with_gradients(0, 2, 2, coalesced=True)
    before = [p.grad.clone() for p in found[1:]]
    clip_gradients(found, 1e3)
    for p, gradient in zip(found[1:], before, strict=True):
        assert torch.equal(p.grad.to_dense(), gradient.to_dense())


@pytest.fixture(scope="module")
def data():
    return {task: make_data(task) for task in ("token", "sentence")}


def step_of(data, variant, engine, *, move_rows=True, **changes):
    """How far each parameter goes in one step of SGD at rate 1: the gradient, clipped."""
    there = data[task_of(variant)]
    run = configure(there, variant, engine, rule="sgd", lr=1.0, **changes)
    setup = set_up(run, there.corpus, there.reference)
    classes = len(there.corpus.label_names)
    made = make_engine(run, setup.table, setup.trainable, classes, "cpu", setup.moves)
    before, examples = made.parameters(), setup.train_set
    made.train_epoch(
        examples,
        10**6,
        np.arange(len(examples)),
        examples.rows,
        stream(0, "x"),
        move_rows=move_rows,
    )
    after = made.parameters()
    return {name: before[name].astype(np.float64) - after[name] for name in before}, setup


def norm_of(step):
    return sum(float(np.vdot(part, part)) for part in step.values()) ** 0.5


VARIANTS = ("window both", "bilstm features", "mean bigrams", "cnn", "plain window", "plain mean")


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_norm_is_of_network_tables_and_word_vectors_together(data, variant, engine):
    free, _ = step_of(data, variant, engine)
    whole, parts = norm_of(free), {name: np.linalg.norm(part) for name, part in free.items()}
    most = 0.9 * whole
    assert max(parts.values()) < whole, "no part alone is the whole"
    clipped, _ = step_of(data, variant, engine, clip=most)
    assert norm_of(clipped) == pytest.approx(most, rel=1e-3)
    for name, part in free.items():
        np.testing.assert_allclose(clipped[name], 0.9 * part, rtol=2e-2, atol=2e-6)
    kept, _ = step_of(data, variant, engine, clip=1.1 * whole)
    for name, part in free.items():
        np.testing.assert_allclose(kept[name], part, rtol=2e-2, atol=2e-6)


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_that_stay_have_no_part_in_it(data, variant, engine):
    """Frozen ones, those before their epoch, and those that a policy keeps."""
    rows = "embedding.weight"
    for changes in ({"finetune": False}, {"move_rows": False}):
        free, _ = step_of(data, variant, engine, **changes)
        assert not free[rows].any()
        clipped, _ = step_of(data, variant, engine, clip=0.5 * norm_of(free), **changes)
        for name, part in free.items():
            np.testing.assert_allclose(clipped[name], 0.5 * part, rtol=2e-2, atol=2e-6)
    free, setup = step_of(data, variant, engine, rows="oov")
    assert free[rows][setup.trainable].any()
    assert not free[rows][~setup.trainable].any()
    clipped, _ = step_of(data, variant, engine, rows="oov", clip=0.5 * norm_of(free))
    assert norm_of(clipped) == pytest.approx(0.5 * norm_of(free), rel=1e-3)
