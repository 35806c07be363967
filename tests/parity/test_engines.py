"""Both engines compared before a sweep: what is right passes, what is not is caught."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_sweeps as tiny
from layered_runs import PLAIN, VARIANTS, Data, configure, make_data, task_of

from wvexp.arms import Tuning
from wvexp.data.folds import of_fold, pooled
from wvexp.errors import RunError
from wvexp.parity import engines as engine_parity
from wvexp.parity.engines import (
    CHANGE_TOLERANCE,
    EngineComparison,
    compare_engines,
    distinct_shapes,
    require_parity,
    shape_of,
)
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.training.handwritten import HandwrittenEngine

TUNED = {
    "finetune": True,
    "tuning": Tuning(anchor=0.1, lr_scale=0.5, rows="oov", start_epoch=2),
}


@pytest.fixture(scope="module")
def inputs():
    return tiny.make_inputs()


def full_run(inputs, rule="adam"):
    """A run that uses everything that an engine could get wrong."""
    run = tiny.base_run(inputs, **TUNED)
    optim = replace(run.optim, name=rule, l2=0.01)
    return replace(run, optim=optim, model=replace(run.model, dropout=0.3))


@pytest.mark.parametrize("rule", RULES.names)
def test_the_engines_agree(inputs, rule):
    for run in (full_run(inputs, rule), tiny.base_run(inputs)):
        comparison = compare_engines(run, inputs.corpus, inputs.reference)
        assert comparison.passed, comparison
        assert "embedding.weight" in comparison.changes


def with_optim(**changes):
    return lambda run: replace(run, optim=replace(run.optim, **changes))


def with_tuning(**changes):
    return lambda run: replace(run, tuning=replace(run.tuning, **changes))


FAULTS = {
    "penalty": with_optim(l2=0.0),
    "rate": with_optim(lr=1.01e-3),
    "rule": with_optim(name="sgd"),
    "anchor": with_tuning(anchor=0.0),
    "row rate": with_tuning(lr_scale=0.6),
    "mask": lambda run: replace(run, model=replace(run.model, dropout=0.35)),
    "start": lambda run: replace(run, seed=1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(inputs, monkeypatch, fault):
    right = engine_parity.make_engine

    def wrong(run, *others):
        return right(FAULTS[fault](run) if run.engine == "handwritten" else run, *others)

    monkeypatch.setattr(engine_parity, "make_engine", wrong)
    with pytest.raises(RunError, match="parity failed for window"):
        require_parity([full_run(inputs)], inputs.corpus, inputs.reference)


@pytest.mark.parametrize(("error", "passes"), [(5e-6, True), (3e-5, False), (-3e-5, False)])
def test_the_losses_on_the_way_are_compared_too(inputs, monkeypatch, error, passes):
    """A loss that is told wrongly leaves every parameter as it should be."""
    right = HandwrittenEngine.train_epoch
    monkeypatch.setattr(
        HandwrittenEngine, "train_epoch", lambda *a, **k: right(*a, **k) * (1 + error)
    )
    run = full_run(inputs)
    comparison = compare_engines(run, inputs.corpus, inputs.reference)
    assert all(change <= CHANGE_TOLERANCE for change in comparison.changes.values())
    if passes:
        assert require_parity([run], inputs.corpus, inputs.reference) == 1
    else:
        assert comparison.loss == pytest.approx(3e-5, rel=0.1)
        with pytest.raises(RunError, match=r"differ by \d\.\de-05 in the loss"):
            require_parity([run], inputs.corpus, inputs.reference)


def test_a_shape_is_checked_once(inputs):
    runs = tiny.make_grid(inputs, lrs=(1e-3, 1e-2)).runs()
    assert {run.finetune for run in distinct_shapes(runs)} == {False, True}
    assert len(distinct_shapes(runs)) == 2
    wider = [replace(run, model=replace(run.model, hidden=7)) for run in runs]
    assert len(distinct_shapes(runs + wider)) == 4
    autograd = [replace(run, engine="autograd") for run in runs]
    assert distinct_shapes(autograd) == []


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda run: replace(run, embed="shuffled"), True),
        (lambda run: replace(run, seed=3), True),
        (lambda run: replace(run, train_size=7), True),
        (lambda run: replace(run, fold=1), True),
        (with_optim(lr=0.5), True),
        (with_optim(name="sgd"), False),
        (with_optim(l2=0.2), False),
        (with_optim(batch_size=5), False),
        (with_tuning(anchor=0.2), False),
        (with_tuning(lr_scale=0.2), False),
        (lambda run: replace(run, finetune=False), False),
        (lambda run: replace(run, model=replace(run.model, hidden=7)), False),
    ],
)
def test_what_changes_the_mathematics_changes_the_shape(inputs, change, same):
    run = replace(full_run(inputs), fold=0, folds=3)
    assert (shape_of(change(run)) == shape_of(run)) == same


def test_later_batches_of_a_sweep_compare_new_shapes_alone(inputs):
    first, compared = tiny.base_run(inputs), set()
    assert require_parity([first], inputs.corpus, inputs.reference, compared) == 1
    again = replace(first, seed=4, train_size=30)
    new = replace(first, finetune=True)
    assert require_parity([again], inputs.corpus, inputs.reference, compared) == 0
    assert require_parity([again, new], inputs.corpus, inputs.reference, compared) == 1
    assert require_parity([again], inputs.corpus, inputs.reference) == 1


@pytest.fixture
def epochs(monkeypatch):
    """What each engine is given to train on: engine, examples, batch size, order, move_rows."""
    right, seen = engine_parity.make_engine, []

    def make(run, *others):
        engine = right(run, *others)
        train = engine.train_epoch

        def train_epoch(examples, size, order, *rest, move_rows):
            seen.append((run.engine, len(examples), size, order.tolist(), move_rows))
            return train(examples, size, order, *rest, move_rows=move_rows)

        engine.train_epoch = train_epoch
        return engine

    monkeypatch.setattr(engine_parity, "make_engine", make)
    return seen


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
@pytest.mark.parametrize(("start_epoch", "moves"), [(1, [True, True]), (2, [False, True])])
def test_both_engines_train_the_first_steps_of_epochs(inputs, epochs, start_epoch, engine, moves):
    run = with_tuning(start_epoch=start_epoch)(full_run(inputs))
    assert compare_engines(replace(run, engine=engine), inputs.corpus, inputs.reference).passed
    examples = epochs[0][1]
    size = examples // 4
    assert run.train_size <= examples
    assert size < run.optim.batch_size
    orders = [
        stream(0, "order", epoch).permutation(examples)[: 4 * size].tolist() for epoch in (1, 2)
    ]
    assert epochs == [
        (name, examples, size, order, move)
        for name in ("handwritten", "autograd")
        for order, move in zip(orders, moves, strict=True)
    ]


def test_few_examples_make_as_many_steps(inputs, epochs):
    compare_engines(tiny.base_run(inputs, train_size=1), inputs.corpus, inputs.reference)
    for _, examples, size, order, _ in epochs:
        assert examples < 8
        assert size == 1
        assert len(order) == min(4, examples)


def sentence_task(sentences):
    """Inputs whose examples are counted one by one, and a run of the mean model on them."""
    inputs = tiny.make_inputs()
    tokens = tiny.make_split(np.random.default_rng(3), 60, sentences)
    labels = tokens.labels[tokens.offsets[:-1]]
    documents = np.sqrt(np.arange(sentences)).astype(np.int32)  # the longer, the later
    train = replace(tokens, task="sentence", labels=labels, documents=documents)
    corpus = replace(inputs.corpus, train=train, validation=train.take(np.arange(30)), test=train)
    run = tiny.base_run(inputs)
    return inputs.reference, corpus, replace(run, model=replace(run.model, name="mean"))


@pytest.mark.parametrize(("sentences", "asked"), [(300, 10_000), (300, 20), (90, 10_000)])
def test_the_comparison_takes_no_more_than_asked_for_or_there_is_or_256(epochs, sentences, asked):
    reference, corpus, run = sentence_task(sentences)
    assert compare_engines(replace(run, train_size=asked), corpus, reference).passed
    assert {examples for _, examples, *_ in epochs} == {min(sentences, asked, 256)}


@pytest.mark.parametrize("seed", range(4))
def test_a_run_of_a_fold_takes_no_more_than_its_fold_leaves(epochs, seed):
    reference, corpus, run = sentence_task(60)
    corpus = pooled(corpus, 2)
    run = replace(run, seed=seed, train_size=10_000, fold=1, folds=2)
    assert compare_engines(run, corpus, reference).passed
    left = of_fold(corpus, seed, 1).train.examples
    assert left < of_fold(corpus, seed, None).train.examples
    assert {examples for _, examples, *_ in epochs} == {left}


@pytest.mark.parametrize("rule", RULES.names)
def test_rates_at_which_a_run_diverges_are_compared_all_the_same(inputs, rule):
    run = full_run(inputs, rule)
    wild = replace(run, optim=replace(run.optim, lr=1e5), tuning=Tuning(lr_scale=1e5))
    assert compare_engines(wild, inputs.corpus, inputs.reference).passed


ADAM, SGD, NEXT, LAST = ("adam", 0), ("sgd", 0), ("adam", 1), ("adam", 2)


@pytest.mark.parametrize(
    ("rule", "failing", "passes", "compared"),
    [
        ("adam", [], True, [ADAM]),
        ("adam", [ADAM], True, [ADAM, SGD, NEXT]),  # rounding of one draw
        ("adam", [ADAM, NEXT], True, [ADAM, SGD, NEXT, LAST]),
        ("adam", [ADAM, NEXT, LAST], False, [ADAM, SGD, NEXT, LAST]),  # the update rule
        ("adam", [ADAM, SGD], False, [ADAM, SGD]),  # the gradients of one draw
        ("sgd", [SGD], False, [SGD]),
    ],
)
def test_a_failure_is_appealed(inputs, monkeypatch, rule, failing, passes, compared):
    draws = []

    def compare(run, corpus, reference):
        assert corpus is inputs.corpus
        assert reference is inputs.reference
        draws.append((run.optim.name, run.seed))
        error = 2e-3 if draws[-1] in failing else 1e-6
        changes = {"a": error / 4, "b": error, "c": error / 2}
        return EngineComparison(0.0, changes, dict.fromkeys(changes, 0.1))

    monkeypatch.setattr(engine_parity, "compare_engines", compare)
    run = full_run(inputs, rule)
    if passes:
        assert require_parity([run], inputs.corpus, inputs.reference) == 1
    else:
        with pytest.raises(RunError, match=r"parity failed .* 2.0e-03 in b;"):
            require_parity([run], inputs.corpus, inputs.reference)
    assert draws == compared


@pytest.mark.parametrize(("moved", "passes"), [(1e-8, True), (1e-5, False)])
def test_what_sgd_leaves_where_it_is_is_excused(inputs, monkeypatch, moved, passes):
    """Adam's step of it is off in every draw; SGD's steps agree, and hardly move it."""

    def compare(run, corpus, reference):
        error = 1.0 if run.optim.name == "adam" else 0.0
        return EngineComparison(0.0, {"a": error, "b": 1e-6}, {"a": moved, "b": 0.1})

    monkeypatch.setattr(engine_parity, "compare_engines", compare)
    run = full_run(inputs)
    found = engine_parity.compare_with_appeal(run, inputs.corpus, inputs.reference)
    assert found.passed == passes


@pytest.mark.parametrize("variant", VARIANTS | PLAIN)
def test_the_engines_agree_on_every_variant_and_each_counts_as_a_shape(variant):
    data = make_data(task_of(variant))
    run = configure(data, variant, dropout=0.3, l2=0.01, clip=0.5)
    free = configure(data, variant, dropout=0.3, l2=0.01)
    assert len(distinct_shapes([run, free])) == 2
    for one in (run, free, replace(run, finetune=False, tuning=Tuning())):
        comparison = compare_engines(one, data.corpus, data.reference)
        assert comparison.passed, comparison


@pytest.mark.parametrize("rule", ["adam", "adagrad"])
def test_a_gradient_that_is_all_rounding_stops_no_sweep(rule):
    """Of sentences that repeat one word attention has no gradient, which adaptive rules enlarge."""
    data = make_data("sentence")
    corpus = data.corpus
    repeated = {
        name: replace(split, word_ids=_first_words(split))
        for name in ("train", "validation", "test")
        for split in [getattr(corpus, name)]
    }
    corpus = replace(corpus, **repeated)
    run = configure(Data(corpus, data.reference), "mean learned", rule=rule)
    plain = compare_engines(run, corpus, data.reference)
    assert plain.moved["encoder.attention.weight"] > 0
    assert engine_parity.compare_with_appeal(run, corpus, data.reference).passed


def _first_words(split):
    """Each text's first word, as often as it has words."""
    first = np.minimum(split.offsets[:-1], len(split.word_ids) - 1)
    return np.repeat(split.word_ids[first], np.diff(split.offsets))
