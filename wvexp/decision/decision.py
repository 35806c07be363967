"""The answer for one's own data: freeze, fine-tune, random or undecided, with what it rests on."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wvexp.analysis.crossover import Crossover
from wvexp.arms import FOUR_NAMES, PRETRAINED_FROZEN, PRETRAINED_TUNED, Arm
from wvexp.config.schema import Axes, Config
from wvexp.data.folds import of_fold
from wvexp.decision.budget import Budget, expected_seconds
from wvexp.errors import RunStopped
from wvexp.experiment.inputs import Inputs
from wvexp.experiment.run import train_into
from wvexp.printable import printable
from wvexp.report.advice import advice
from wvexp.report.findings import Findings, plain
from wvexp.report.quantities import percent, surely
from wvexp.report.writing import write_report
from wvexp.report.yardsticks import YardstickScore
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.sweeps.grid import size_ladder
from wvexp.tasks import TASKS
from wvexp.training.engine import never
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult

# From 100 examples to all: as finely as a model's training size is cut to the time that is left.
_SIZES = 15


@dataclass(frozen=True, repr=False)
class Decision:
    """What to do with this data.

    findings  everything that was measured and what follows from it
    complete  false where a budget left out part of what would have been measured
    seconds   that the decision took, earlier attempts left out
    budget    what is left for the model, and for the report after it
    model     training size of the model that was kept; None where there is none (yet)
    """

    config: Config
    inputs: Inputs
    store: Store
    base: RunConfig
    findings: Findings
    complete: bool
    seconds: float
    budget: Budget
    model: int | None = None

    def __repr__(self) -> str:
        """A line: what to take, how sure, on what."""
        sure = "" if self.confidence is None else f", {percent(surely(self.confidence))} sure"
        unit = TASKS[self.base.task].nouns
        return (
            f"<Decision: {self.choice}, recommended {self.recommended}{sure}, "
            f"{self.findings.sizes[-1]:,} {unit} of {printable(self.inputs.corpus.name)}>"
        )

    @property
    def choice(self) -> str:
        """One of the four arms, of a race one of its recipes, or `undecided`."""
        race, choice = self.findings.race, self.findings.choice
        decided = choice.decided if race is None else race.decided
        return self.recommended if decided else "undecided"

    @property
    def recommended(self) -> str:
        """The arm to take, of a race the recipe; decided or not."""
        return self.findings.race.chosen.recipe if self.findings.race else self.arm

    @property
    def arm(self) -> str:
        """The arm to take, or that of the recipe."""
        if self.findings.race is not None:
            return self.findings.race.chosen.arm
        arm = self.findings.choice.recommended
        assert arm is not None  # `decide` raises where no run was stored
        return arm

    @property
    def confidence(self) -> float | None:
        """Probability that the recommended arm is within the margin of the best; None: unknown."""
        if self.findings.race is not None:
            return self.findings.race.confidence
        return self.findings.choice.confidence

    @property
    def crossover(self) -> Crossover | None:
        """Of pretrained frozen against tuned; None where either was not measured."""
        return self.findings.crossovers.get(f"{PRETRAINED_FROZEN} - {PRETRAINED_TUNED}")

    def _by_size(self) -> list[dict[str, Any]]:
        """Whether frozen or tuned is ahead by the interval at each size, and whether called."""
        pair, crossing = (PRETRAINED_FROZEN.name, PRETRAINED_TUNED.name), self.crossover
        if crossing is None:
            return []
        at_size = {c.size: c for c in self.findings.comparisons if (c.a, c.b) == pair}
        return [
            {"size": size, "ahead": at_size[size].ahead, "called": at_size[size].winner is not None}
            for size in crossing.sizes
        ]

    @property
    def advice(self) -> list[str]:
        """At most eleven lines in words."""
        return advice(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The content of `decision.json`."""
        f, crossing = self.findings, self.crossover
        scores = {s.arm: s for s in f.scores if s.size == f.sizes[-1]}
        content = {
            "choice": self.choice,
            "recommended": self.recommended,
            "confidence": self.confidence,
            "crossover": {
                "low": crossing.low if crossing else None,
                "high": crossing.high if crossing else None,
                "status": crossing.status if crossing else "undecided",
                "sizes": self._by_size(),
            },
            "verdicts": {v.claim: {"status": v.status, "reason": v.reason} for v in f.verdicts},
            "arms": {
                arm: {
                    "score": scores[arm].score,
                    "low": scores[arm].low,
                    "high": scores[arm].high,
                    "seeds": scores[arm].seeds,
                    "lr": scores[arm].lr,
                    "train_size": scores[arm].size,
                }
                for arm in FOUR_NAMES
                if arm in scores
            },
            "recipes": list(f.race.standings) if f.race else [],
            "yardsticks": [_yardstick(one) for one in f.yardsticks],
            "label_worth": f.label_worth,
            "metric": f.metric,
            "margin": f.margin,
            "complete": self.complete,
            "model": {"train_size": self.model} if self.model else None,
            "advice": self.advice,
            "read": f.read.to_json() if f.read else None,
            "seconds": round(self.seconds, 2),
        }
        plain_content: dict[str, Any] = plain(content)
        return plain_content

    def report(self, path: str | Path) -> Path:
        """Write the report (.html, with .md, .json and images beside it)."""
        ledger = Path(path).parent / "movement.parquet"
        write_report(self.findings, Path(path), ledger if ledger.is_file() else None)
        return Path(path)

    def fit(self, out: str | Path | None = None) -> Path:
        """Train the recommended arm on all training data; the folder, whose `model/` predicts.

        However long that takes: a budget limits the decision alone.
        """
        with run_folder(None if out is None else str(out), self.arm) as (scratch, final):
            self._fit_into(scratch, self.arm, self.base.train_size)
        return final

    def with_model(self, folder: Path) -> "Decision":
        """Train the recommended model into the folder; the findings know what fine-tuning moved.

        With a budget on as much of the training data as there is time for, and on the smallest
        part where that was not enough for an epoch. Where the recommended vectors are frozen,
        pretrained ones are tuned for the ledger alone.
        """
        smallest, *_ = self._sizes
        size = self._affordable(self.arm, self.budget.for_model) or smallest
        ends = self.budget.elapsed() + self.budget.for_model
        try:
            result = self._fit_into(folder, self.arm, size, lambda: self.budget.elapsed() >= ends)
        except RunStopped:
            for unfinished in folder.iterdir():
                unfinished.unlink()
            result = self._fit_into(folder, self.arm, smallest)
        decision = replace(self, model=result.run.train_size)
        tuned = PRETRAINED_TUNED.name
        also = self._affordable(tuned, self.budget.left())
        if not result.run.moves_rows and tuned in self.findings.arms and also is not None:
            with TemporaryDirectory(dir=folder) as aside, suppress(RunStopped):
                result = self._fit_into(Path(aside), tuned, also, self._time_is_up)
                shutil.move(Path(aside, "movement.parquet"), folder / "movement.parquet")
        if not result.run.moves_rows:
            return decision
        run = result.run
        moved = {"arm": run.arm, "size": run.train_size, "seed": run.seed, **result.movement}
        others = tuple(m for m in self.findings.movement if m["arm"] != run.arm)
        return replace(decision, findings=replace(self.findings, movement=(moved, *others)))

    @property
    def model_words(self) -> str:
        """What became of the model, in words."""
        whole = self._examples
        if self.model in (None, whole):
            return "model/"
        unit = TASKS[self.base.task].nouns
        return f"model/ (trained on {self.model:,} of {whole:,} {unit}: the budget ended there)"

    @property
    def _examples(self) -> int:
        """Training examples of a model on all data; after a cross-fit it has a test part too."""
        if self.base.folds is None:
            return self.base.train_size
        return of_fold(self.inputs.corpus, self.base.seed, None).train.examples

    @property
    def _sizes(self) -> list[int]:
        """From the smallest to all examples, the training sizes that a model may have."""
        return size_ladder(self.base.train_size, _SIZES)

    def _affordable(self, arm: str, seconds: float) -> int | None:
        """The most training examples on which the arm can be trained in that many seconds."""
        stored = self.store.runs(condition=self.base.condition)
        for size in reversed(self._sizes):
            run = replace(self.base, train_size=size).of_arm(Arm.parse(arm))
            if expected_seconds(run, stored) <= seconds:
                return size
        return None

    def _rate(self, arm: str, size: int) -> float:
        """The learning rate for so many examples: that of the race, for the recipe that won it."""
        race, top = self.findings.race, self.findings.sizes[-1]
        if race is not None and arm == race.chosen.arm:
            return race.chosen.lr
        score = self.findings.score(arm, min(size, top)) or self.findings.score(arm, top)
        assert score is not None
        return score.lr

    def _time_is_up(self) -> bool:
        return self.budget.left() <= 0

    def _fit_into(
        self, folder: Path, arm: str, size: int, time_is_up: Callable[[], bool] = never
    ) -> RunResult:
        """Train an arm on this many examples and write what a run folder holds."""
        optim = replace(self.base.optim, lr=self._rate(arm, size))
        run = replace(self.base, optim=optim, train_size=size).of_arm(Arm.parse(arm))
        if run.folds is not None:
            # The model that is kept is tested on a split of its own.
            there = self._examples
            whole = size == self.base.train_size
            run = replace(run, train_size=there if whole else min(size, there))
        config = replace(
            self.config,
            embed=replace(self.config.embed, kind=run.embed),
            optim=optim,
            finetune=run.finetune,
            tuning=run.tuning,
            grid=Axes(),
            engine=run.engine,
            train_size=self.config.train_size if size == self.base.train_size else size,
        )
        return train_into(
            folder,
            config,
            run,
            self.inputs,
            device="cpu",
            on_epoch=lambda epoch: None,
            time_is_up=time_is_up,
        )


def _yardstick(one: YardstickScore) -> dict[str, Any]:
    """A method without word vectors, as `decision.json` has it."""
    d = one.difference
    return {
        "name": one.name,
        "words": one.words,
        "score": one.score,
        "low": one.low,
        "high": one.high,
        "minus_recommended": None if d is None else d.estimate,
        "minus_recommended_low": None if d is None else d.low,
        "minus_recommended_high": None if d is None else d.high,
        "standing": one.standing,
        "train_size": one.size,
        "seeds": one.seeds,
        "settings": dict(one.settings),
    }
