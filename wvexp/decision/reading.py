"""What a decision is about: the data, the files of vectors and the models that it is given."""

import logging
from dataclasses import replace

from wvexp.analysis.rare import enough_units
from wvexp.arms import PRETRAINED_FROZEN
from wvexp.config.schema import Config
from wvexp.config.vector_files import each_file
from wvexp.data.corpus import Corpus
from wvexp.data.splitting import SHARE
from wvexp.decision.allocation import LR_SEEDS, MOST_SEEDS
from wvexp.decision.tracks import Track, tracks_of
from wvexp.decision.yardsticks import check_yardsticks
from wvexp.experiment.inputs import prepare_all
from wvexp.sweeps.checks import check_scorable
from wvexp.sweeps.grid import Grid
from wvexp.training.identity import RunConfig

log = logging.getLogger(__name__)


def read_tracks(config: Config) -> list[Track]:
    """What the configuration names, with the folds that small data are given: the first one first.

    From the run of that one those of the guidance's arms differ.
    """
    enough = enough_units(config.margin)
    if config.yardsticks:
        check_yardsticks(config.yardstick)
    of_file = dict(each_file(config))
    read = prepare_all(config, least_test=enough)
    corpus = read[0][1].corpus
    if config.data.folds is None and corpus.folds is not None:
        folded = _cross_fitted(config, corpus, enough).data
        of_file = {name: replace(one, data=folded) for name, one in of_file.items()}
    tracks = tracks_of(config, [(name, of_file[name], inputs) for name, inputs in read])
    for track in tracks:
        base = track.base
        seeds = range(base.seed, base.seed + MOST_SEEDS)
        track.inputs.corpus.check_training_size(base.train_size, seeds)  # in every fold of each
        if base.folds is not None:
            check_scorable(_first_runs(base), track.inputs)
    return tracks


def _cross_fitted(config: Config, corpus: Corpus, enough: int) -> Config:
    """The configuration with the folds that small data were given; a note says so."""
    units = len(corpus.units.ids)
    kind = "sentences" if corpus.train.documents is None else "documents"
    log.warning(
        "cross-fitted over %d folds, so that each of %s %s is tested: a test part split off would "
        "have about %s, and with fewer than %s no two arms can be told to be alike; data.folds=1 "
        "splits it off all the same, data.test=FILE names one",
        corpus.folds,
        f"{units:,}",
        kind,
        f"{round(SHARE * units):,}",
        f"{enough:,}",
    )
    return replace(config, data=replace(config.data, folds=corpus.folds, split_seed=0))


def _first_runs(base: RunConfig) -> list[RunConfig]:
    """A run of every fold and of the seeds of the lr trials: each is to have a score."""
    seeds = [base.seed + i for i in range(LR_SEEDS)]
    return Grid([PRETRAINED_FROZEN], [base.train_size], seeds, [base.optim.lr], base).runs()
