"""The compiled steps against the readable classes and torch's own optimizers, in float64."""

from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wvexp.backprop import kernels, updates
from wvexp.backprop.kernels import (
    Batches,
    Policy,
    State,
    layers,
    network_size,
    score_means,
    score_windows,
    train_steps,
)
from wvexp.backprop.losses import softmax_cross_entropy
from wvexp.backprop.mean import MeanClassifier
from wvexp.backprop.window import WindowClassifier
from wvexp.rules import RULES
from wvexp.rules.sparse_adadelta import SparseAdadelta
from wvexp.seeds import stream

V, D, WINDOW, CLASSES = 17, 3, 3, 4
N, BATCH = 23, 6  # the last batch is a short one
RATES = {"adam": 0.01, "adagrad": 0.1, "adadelta": 1.0, "sgd": 0.3}
# By rule, torch's optimizers of the network and of the rows.
TORCH = {
    "adam": (torch.optim.Adam, torch.optim.SparseAdam),
    "adagrad": (torch.optim.Adagrad,) * 2,
    "adadelta": (torch.optim.Adadelta, SparseAdadelta),
    "sgd": (torch.optim.SGD,) * 2,
}


@dataclass(frozen=True)
class Case:
    batches: Batches
    state: State
    policy: Policy
    rule: str

    def train(self, **changes):
        """The state after one pass, and the mean loss; `self.state` stays as it was."""
        state = State(*(array.copy() for array in self.state))
        total = train_steps(self.batches, state, self.policy._replace(**changes))
        return state, total / -(-N // BATCH)


def make_case(
    rule, window, hidden, *, dropout=False, tuned=True, l2=0.0, anchor=0.0, scale=1.0, seed=0
):
    rng = stream(seed, "kernels")
    features = D * max(window, 1)
    last = hidden or features
    if window:
        offsets = np.empty(0, np.int64)
        tokens = rng.integers(V, size=N * window)  # PAD among them
    else:
        offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 5, size=N))])  # also empty ones
        tokens = rng.integers(1, V, size=offsets[-1])
    keep = 0.7
    masks = (rng.random((N if dropout else 0, last)) < keep) / keep
    E = rng.normal(size=(V, D))
    E[0] = 0
    network = rng.normal(size=network_size(features, hidden, CLASSES))
    layers(network, features, hidden, CLASSES)[2][:] *= scale
    moments = E if tuned else E[:0]
    trainable = rng.random(V) < 0.7
    trainable[0] = False
    return Case(
        Batches(
            tokens.astype(np.int32),
            offsets[:-1],
            offsets[1:],
            rng.integers(CLASSES, size=N).astype(np.int32),
            masks,
            window,
            BATCH,
        ),
        State(
            network,
            np.zeros_like(network),
            np.zeros_like(network),
            E,
            np.zeros_like(moments),
            np.zeros_like(moments),
            np.zeros(2, np.int64),
        ),
        Policy(
            rule=RULES[rule].kernel,
            lr=RATES[rule],
            row_lr=RATES[rule] / 2,
            l2=l2,
            anchor=anchor,
            trainable=trainable,
            initial=E + rng.normal(size=E.shape),
            move_rows=tuned,
            hidden=hidden,
            classes=CLASSES,
        ),
        rule,
    )


def oracle(case):
    """Network, rows and mean loss after one pass: readable gradients, torch's update rules."""
    batches, policy = case.batches, case.policy
    network, E = case.state.network.copy(), case.state.E.copy()
    features = D * max(batches.window, 1)
    W, b, U, c = layers(network, features, policy.hidden, CLASSES)
    parameters = {"U": U, "c": c} | ({"W": W, "b": b} if policy.hidden else {})
    model = (WindowClassifier if batches.window else MeanClassifier)(
        {"E": E, **parameters},
        l2=policy.l2,
        trainable=policy.trainable if policy.move_rows else None,
        anchor=policy.anchor,
        initial=policy.initial,
    )
    # Tensors that share the arrays' memory: torch's optimizers move what the model reads.
    shared = {name: torch.from_numpy(array).requires_grad_() for name, array in parameters.items()}
    rows = torch.from_numpy(E).requires_grad_()
    of_network, of_rows = TORCH[case.rule]
    optimizer = of_network(shared.values(), lr=policy.lr)
    row_optimizer = of_rows([rows], lr=policy.row_lr)
    losses = []
    for first in range(0, N, BATCH):
        inside = slice(first, min(first + BATCH, N))
        labels = batches.labels[inside]
        if batches.window:
            texts = (batches.tokens.reshape(N, -1)[inside],)
        else:
            starts, end = batches.starts[inside], batches.ends[inside.stop - 1]
            texts = (batches.tokens[starts[0] : end], np.append(starts, end) - starts[0])
        mask = batches.masks[inside] if len(batches.masks) else None
        losses.append(softmax_cross_entropy(model.scores(*texts, mask), labels)[0].mean())
        model.forward(*texts, labels, mask)
        gradients = model.backward()
        for name, tensor in shared.items():
            tensor.grad = torch.from_numpy(gradients[name])
        optimizer.step()
        if policy.move_rows:
            d_E = gradients["E"]
            rows.grad = torch.sparse_coo_tensor(
                torch.from_numpy(d_E.rows)[None], torch.from_numpy(d_E.values), E.shape
            )
            row_optimizer.step()
    return network, E, np.mean(losses)


PENALTIES = {
    "plain": {},
    "l2 alone": {"l2": 0.05},
    "anchor alone": {"anchor": 0.2},
    "both": {"l2": 0.05, "anchor": 0.2},
}


@pytest.fixture(autouse=True, scope="module")
def _no_invariant_checks():
    torch.sparse.check_sparse_tensor_invariants.disable()


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("hidden", [0, 5])
@pytest.mark.parametrize("window", [0, WINDOW])
@pytest.mark.parametrize("tuned", [False, True])
@pytest.mark.parametrize("penalties", PENALTIES)
@pytest.mark.parametrize("rule", RULES.names)
def test_an_epoch_is_the_oracles(rule, penalties, tuned, window, hidden, dropout):
    case = make_case(rule, window, hidden, dropout=dropout, tuned=tuned, **PENALTIES[penalties])
    network, E, loss = oracle(case)
    state, kernel_loss = case.train()
    np.testing.assert_allclose(state.network, network, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(state.E, E, rtol=1e-9, atol=1e-12)
    assert kernel_loss == pytest.approx(loss, rel=1e-12)
    unmoved = ~case.policy.trainable | (not tuned)
    assert np.array_equal(state.E[unmoved], case.state.E[unmoved])
    assert np.array_equal(state.E, case.state.E) == (not tuned)


@pytest.mark.parametrize("window", [0, WINDOW])
def test_an_epoch_in_float32_is_the_oracles_to_its_digits(window):
    case = make_case("sgd", window, 5, dropout=True, l2=0.05, anchor=0.2)
    network, E, loss = oracle(case)

    def small(fields):
        kinds = {name: getattr(fields, name) for name in fields._fields}
        floats = {n: v for n, v in kinds.items() if getattr(v, "dtype", None) == np.float64}
        return fields._replace(**{name: v.astype(np.float32) for name, v in floats.items()})

    case = Case(small(case.batches), small(case.state), small(case.policy), case.rule)
    state, kernel_loss = case.train()
    assert state.network.dtype == state.E.dtype == np.float32
    np.testing.assert_allclose(state.network, network, atol=1e-4)
    np.testing.assert_allclose(state.E, E, atol=1e-4)
    assert kernel_loss == pytest.approx(loss, rel=1e-4)


def test_rows_without_moments_do_not_move():
    case = make_case("sgd", WINDOW, 5, tuned=False)
    state, _ = case.train(move_rows=True)
    assert np.array_equal(state.E, case.state.E)
    assert state.steps.tolist() == [-(-N // BATCH), 0]


def test_a_single_example_has_its_mask():
    case = make_case("sgd", WINDOW, 5)
    batches = case.batches._replace(
        tokens=case.batches.tokens[:WINDOW], labels=case.batches.labels[:1], masks=np.zeros((1, 5))
    )
    state, _ = replace(case, batches=batches).train()
    moved = layers(state.network - case.state.network, D * WINDOW, 5, CLASSES)
    assert [bool(layer.any()) for layer in moved] == [False, False, False, True]


@pytest.mark.parametrize("rule", ["adam", "adagrad"])
def test_eps_stands_where_torch_has_it(rule):
    """An output layer of 1e-9 makes gradients of the size of eps, so that eps decides."""
    case = make_case(rule, WINDOW, 5, scale=1e-9 if rule == "adam" else 1e-11)
    network, E, _ = oracle(case)
    state, _ = case.train()
    np.testing.assert_allclose(state.E - case.state.E, E - case.state.E, rtol=1e-5, atol=1e-14)
    change = state.network - case.state.network
    np.testing.assert_allclose(change, network - case.state.network, rtol=1e-5, atol=1e-14)


def test_rows_count_their_own_steps():
    """Rows that start late start with Adam's first step. The network stands still (rate 0), as
    otherwise its own count would show in the rows."""
    case = make_case("adam", WINDOW, 5)
    case = replace(case, policy=case.policy._replace(lr=0.0))
    waiting = State(*(array.copy() for array in case.state))
    train_steps(case.batches, waiting, case.policy._replace(move_rows=False))
    assert waiting.steps.tolist() == [-(-N // BATCH), 0]
    assert np.array_equal(waiting.E, case.state.E)
    late, _ = replace(case, state=waiting).train()
    np.testing.assert_allclose(late.E, oracle(case)[1], rtol=1e-9, atol=1e-12)


FAULTS = {
    "another rule": {"rule": updates.ADAGRAD},
    "row rate off by 0.1 %": {"row_lr": RATES["adam"] / 2 * 1.001},
    "no l2": {"l2": 0.0},
    "no anchor": {"anchor": 0.0},
    "rows do not move": {"move_rows": False},
    "a fixed row moves": {"trainable": np.arange(V) > 0},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_finds_planted_faults(fault):
    case = make_case("adam", WINDOW, 5, l2=0.05, anchor=0.2)
    _, E, _ = oracle(case)
    right, _ = case.train()
    np.testing.assert_allclose(right.E, E, rtol=1e-9, atol=1e-12)
    wrong, _ = case.train(**FAULTS[fault])
    assert np.abs(wrong.E - E).max() > 1e-6


def test_two_passes_are_one_of_both_batches():
    """Nothing but `State` lives on between calls: a run may be cut wherever a batch ends."""
    case = make_case("adam", WINDOW, 5, dropout=True)
    whole, _ = case.train()
    cut = State(*(array.copy() for array in case.state))
    batches, half = case.batches, 2 * BATCH
    for part in (slice(0, half), slice(half, N)):
        tokens = batches.tokens.reshape(N, WINDOW)[part].ravel()
        piece = batches._replace(
            tokens=tokens, labels=batches.labels[part], masks=batches.masks[part]
        )
        train_steps(piece, cut, case.policy)
    for one, other in zip(whole, cut, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize("hidden", [0, 1, 5])
def test_scores_are_the_oracles(hidden, first):
    rng = stream(1, "scores")
    lengths = np.concatenate([[first], rng.integers(0, 3, size=2 * kernels._BLOCK + 9), [0]])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    words = rng.integers(V, size=offsets[-1]).astype(np.int32)
    E = rng.normal(size=(V, D))
    assert len(words) > kernels._BLOCK

    for window in (0, WINDOW, 5):
        features = D * max(window, 1)
        beyond = [0] * (window // 2)
        network = layers(
            rng.normal(size=network_size(features, hidden, CLASSES)), features, hidden, CLASSES
        )
        names = "WbUc" if hidden else "Uc"
        parameters = dict(zip(names, network if hidden else network[2:], strict=True))
        if window:
            # A row of zeros in front is PAD, as the readable class has it.
            padded = np.vstack([np.zeros(D), E])
            windows = [
                np.concatenate([beyond, words[start:end] + 1, beyond])[i : i + window]
                for start, end in pairwise(offsets)
                for i in range(end - start)
            ]
            logits = WindowClassifier({"E": padded, **parameters}).scores(np.array(windows, int))
            scores = score_windows(E, words, offsets, window, network)
        else:
            padded = np.vstack([np.zeros(D), E])
            logits = MeanClassifier({"E": padded, **parameters}).scores(words + 1, offsets)
            scores = score_means(E, words, offsets, network)
        np.testing.assert_allclose(scores, logits, rtol=1e-10, atol=1e-12)
        if hidden == 1:
            continue
        small = E.astype(np.float32), [layer.astype(np.float32) for layer in network]
        if window:
            scores = score_windows(small[0], words, offsets, window, tuple(small[1]))
        else:
            scores = score_means(small[0], words, offsets, tuple(small[1]))
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, logits, rtol=1e-3, atol=1e-3)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1))
def test_tanh_in_float64(values):
    z = np.array([values])
    found = z.copy()
    kernels.tanh(found)
    np.testing.assert_allclose(found, np.tanh(z), rtol=1e-14, atol=1e-300)


def test_tanh_in_float64_where_it_bends():
    z = np.linspace(-20, 20, 40_001)[None]
    found = z.copy()
    kernels.tanh(found)
    np.testing.assert_allclose(found, np.tanh(z), rtol=5e-15, atol=1e-300)


def test_tanh_in_float32_and_of_what_is_no_number():
    z = np.linspace(-30, 30, 200_001, dtype=np.float32)[None]
    found = z.copy()
    kernels.tanh(found)
    exact = np.tanh(z.astype(np.float64))
    spacing = np.spacing(np.abs(exact).astype(np.float32))
    assert (np.abs(found - exact) / spacing).max() < 6  # units in the last place
    odd = np.array([[np.nan, np.inf, -np.inf, 0.0]], dtype=np.float32)
    kernels.tanh(odd)
    np.testing.assert_array_equal(odd, [[np.nan, 1, -1, 0]])


def test_functions_compile_without_the_gil_and_are_kept(monkeypatch):
    import numba

    def recording(**options):
        return lambda function: (function, options)

    monkeypatch.setattr(numba, "njit", recording)
    expected = {"cache": True, "nogil": True, "error_model": "numpy"}
    assert kernels.compiled(max) == (max, expected)


def test_without_a_folder_for_the_cache_functions_compile_all_the_same(monkeypatch):
    import numba

    njit = numba.njit

    def refusing(*, cache=False, **options):
        if cache:
            raise RuntimeError("no locator available")
        assert options == {"nogil": True, "error_model": "numpy"}
        return njit(**options)

    monkeypatch.setattr(numba, "njit", refusing)
    assert kernels.compiled(lambda x: x + 1)(1) == 2


@pytest.mark.parametrize("top", [0, 1, 2])
def test_large_logits_neither_overflow_nor_lose_the_loss(top):
    logits = np.full((1, 3), -1000.0)
    logits[0, top] = 1000
    found = logits.copy()
    label = (top + 1) % 3
    assert kernels._cross_entropy(found, np.array([label], np.int32)) == 2000
    expected = np.zeros(3)
    expected[top], expected[label] = 1, -1
    assert found[0].tolist() == expected.tolist()


@pytest.mark.parametrize(("size", "most"), [(1, 4), (2, 5), (3, 5), (4, 6), (9, 10)])
def test_buffers_hold_the_largest_batch(size, most):
    """They are made once: with a place too few, the compiled steps would write beyond them."""
    ends = np.cumsum([0, 1, 4, 1, 4, 0, 0])  # sentences of 0, 1, 4, 1, 4, 0 and 0 words
    batches = Batches(
        np.zeros(10, np.int32),
        np.concatenate([[0], ends[:-1]]),
        ends,
        np.zeros(7, np.int32),
        np.empty((0, D)),
        0,
        size,
    )
    assert kernels._most_tokens(batches) == most
    assert kernels._most_tokens(batches._replace(window=3)) == 3 * min(size, 7)


def test_buffers_of_sentences_without_words_are_empty():
    nowhere = np.zeros(2, np.int64)
    nothing = np.zeros(0, np.int32)
    batches = Batches(nothing, nowhere, nowhere, np.zeros(2, np.int32), np.empty((0, D)), 0, 5)
    assert kernels._most_tokens(batches) == 0


def test_every_shape_of_batches_is_trained():
    """One example, one class, one batch larger than the data: all pairs of small sizes."""
    for n, size, classes in product([1, 2, 5], [1, 2, 9], [1, 3]):
        case = make_case("adagrad", WINDOW, 5)
        labels = np.arange(n, dtype=np.int32) % classes
        network = np.ones(network_size(D * WINDOW, 5, classes))
        state = State(network, 0 * network, 0 * network, *case.state[3:6], np.zeros(2, np.int64))
        batches = case.batches._replace(
            tokens=case.batches.tokens[: n * WINDOW], labels=labels, size=size
        )
        loss = train_steps(batches, state, case.policy._replace(classes=classes))
        assert np.isfinite(loss)
        assert state.steps.tolist() == [-(-n // size)] * 2
        assert loss >= 0
