"""From a configuration and what it reads to a run with nothing left to resolve."""

from collections.abc import Sequence
from dataclasses import replace

from wvexp.config.schema import BALANCED, Config
from wvexp.data.corpus import Corpus
from wvexp.data.features import fingerprint_of
from wvexp.errors import UserError
from wvexp.experiment.features import usual_features
from wvexp.experiment.inputs import Inputs
from wvexp.metrics import METRICS, default_metric
from wvexp.models import AUTO, default_model, spec_of
from wvexp.rules import RULES
from wvexp.tasks import check_balanced
from wvexp.training.footprint import require_run_memory
from wvexp.training.identity import RunConfig

# Dimension of random vectors where nothing else gives one.
_DEFAULT_DIM = 100
# Seeds from the first one on in which the full size of a cross-fit is there: a decision's most.
_FURTHER_SEEDS = 20


def describe_run(config: Config, inputs: Inputs, *, sweeping: bool = False) -> RunConfig:
    """The run that the configuration asks for, with everything automatic resolved.

    `engine=auto` is autograd for one run; in a sweep the hand-written engine, where it has the
    model.
    """
    corpus, reference = inputs.corpus, inputs.reference
    seeds = seeds_of(config)
    if config.train_size is not None:
        corpus.check_training_size(config.train_size, seeds)
    model = config.model
    if model.name == AUTO:
        model = replace(model, name=default_model(corpus.train.kind).name)
    metric = config.metric or default_metric(corpus.train, corpus.label_names)
    for name in ("train", "validation", "test"):
        split = getattr(corpus, name)
        METRICS[metric].check(split, corpus.label_names, name, corpus.unseen_labels)
    if model.features is None:
        model = replace(model, features=usual_features(corpus))
    spec, keys = spec_of(model, corpus.train.kind)
    spec.check(keys)
    if config.optim.class_weight == BALANCED:
        check_balanced(corpus.train.kind)
        if spec.crf(keys):
            raise UserError(
                f"optim.class_weight={BALANCED} weighs examples one by one, and a CRF scores whole "
                "sentences",
                "give model.crf=false, or leave optim.class_weight out",
            )
    engine = config.engine
    if engine == "auto":
        by_hand = spec.by_hand and RULES[config.optim.name].kernel is not None
        engine = "handwritten" if sweeping and by_hand else "autograd"
    run = RunConfig(
        task=corpus.task,
        embed=config.embed.kind,
        dim=reference.dim if reference else config.embed.dim or _DEFAULT_DIM,
        finetune=config.finetune,
        tuning=config.tuning,
        model=model,
        optim=config.optim,
        metric=metric,
        train_size=config.train_size or full_size(corpus, seeds),
        seed=config.seed,
        engine=engine,
        data=fingerprint_of(spec.view(keys).features, corpus),
        vectors=reference.fingerprint if reference else None,
        folds=corpus.folds,
    )
    require_run_memory(run, corpus)
    return run


def seeds_of(config: Config) -> list[int]:
    """The seeds that the configuration asks for."""
    return config.grid.seed or [config.seed]


def full_size(corpus: Corpus, seeds: Sequence[int]) -> int:
    """The training size that stands for all data, in every fold if there are any.

    One that further seeds have too: a sweep that goes on with them goes on with the same size.
    """
    further = range(min(seeds), min(seeds) + _FURTHER_SEEDS)
    return corpus.available({*seeds, *further})
