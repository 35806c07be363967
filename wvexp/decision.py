"""The answer for one's own data: freeze, fine-tune, random or undecided, with what it rests on."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wvexp.analysis.crossover import Crossover
from wvexp.analysis.verdict import ARMS, PRETRAINED_FROZEN, PRETRAINED_TUNED
from wvexp.config import Config
from wvexp.data.folds import of_fold
from wvexp.experiment import train_into
from wvexp.inputs import Inputs
from wvexp.report.advice import advice
from wvexp.report.findings import Findings, plain
from wvexp.report.writing import write_report
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult


@dataclass(frozen=True)
class Decision:
    """What to do with this data.

    findings  everything that was measured and what follows from it
    complete  false where a budget left out part of what would have been measured
    seconds   that the decision took, earlier attempts left out
    """

    config: Config
    inputs: Inputs
    store: Store
    base: RunConfig
    findings: Findings
    complete: bool
    seconds: float

    @property
    def choice(self) -> str:
        """One of the four arms, or `undecided`."""
        choice = self.findings.choice
        return choice.recommended if choice.decided and choice.recommended else "undecided"

    @property
    def recommended(self) -> str:
        """The arm to take, decided or not."""
        arm = self.findings.choice.recommended
        assert arm is not None  # `decide` raises where no run was stored
        return arm

    @property
    def confidence(self) -> float | None:
        """Probability that the recommended arm is within the margin of the best; None: unknown."""
        return self.findings.choice.confidence

    @property
    def crossover(self) -> Crossover | None:
        """Of pretrained frozen against tuned; None where either was not measured."""
        return self.findings.crossovers.get(f"{PRETRAINED_FROZEN} - {PRETRAINED_TUNED}")

    @property
    def advice(self) -> list[str]:
        """At most ten lines in words."""
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
                for arm in ARMS
                if arm in scores
            },
            "metric": f.metric,
            "margin": f.margin,
            "complete": self.complete,
            "advice": self.advice,
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
        """Train the recommended arm on all training data; the folder, whose `model/` predicts."""
        with run_folder(None if out is None else str(out), self.recommended) as (scratch, final):
            self.fit_into(scratch)
        return final

    def fit_into(self, folder: Path, arm: str | None = None) -> RunResult:
        """Train the recommended arm (or another) and write what a run folder holds."""
        arm = arm or self.recommended
        score = self.findings.score(arm, self.findings.sizes[-1])
        assert score is not None
        embed, policy = arm.split("-")
        optim = replace(self.base.optim, lr=score.lr)
        run = replace(self.base, embed=embed, finetune=policy == "tuned", optim=optim)
        if run.folds is not None:  # the model that is kept was tested on a split of its own
            kept = of_fold(self.inputs.corpus, run.seed, None)
            run = replace(run, train_size=kept.train.examples)
        config = replace(
            self.config,
            embed=replace(self.config.embed, kind=embed),
            optim=optim,
            finetune=run.finetune,
            engine=run.engine,
        )
        return train_into(
            folder, config, run, self.inputs, device="cpu", on_epoch=lambda epoch: None
        )

    def with_movement(self, folder: Path) -> "Decision":
        """Train the recommended model into the folder; the findings know what fine-tuning moved.

        Where the recommended vectors are frozen, pretrained ones are tuned for the ledger alone.
        """
        result = self.fit_into(folder)
        if not result.run.finetune and PRETRAINED_TUNED in self.findings.arms and self.complete:
            with TemporaryDirectory() as aside:
                result = self.fit_into(Path(aside), PRETRAINED_TUNED)
                shutil.move(Path(aside, "movement.parquet"), folder / "movement.parquet")
        if not result.run.finetune:
            return self
        run = result.run
        moved = {"arm": run.arm, "size": run.train_size, "seed": run.seed, **result.movement}
        others = tuple(m for m in self.findings.movement if m["arm"] != run.arm)
        return replace(self, findings=replace(self.findings, movement=(moved, *others)))
