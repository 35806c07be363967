"""Parity: the batch that torch has just differentiated, differentiated again by hand.

Both sides see the run's own parameters, windows, dropout mask and penalties. The error of a
gradient is ‖a − b‖ / max(‖a‖, ‖b‖).
"""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.backprop.rows import RowGradient
from wvexp.errors import RunError
from wvexp.models.spec import Arrays, ByHand, ModelSpec
from wvexp.tasks import TaskKind
from wvexp.training.objective import Objective, Step

TOLERANCE = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-10}
# Differences that float64 decides: entries this small, of gradients that have all but vanished; and
# with a CRF what torch's float32 rounds, whose log Z sums logarithms step by step.
NEGLIGIBLE, ROUNDED_BY_CRF = 1e-6, 1e-3
# Terms of size 1 that cancel leave this much behind: one side may say 0, the other 5e-17. In
# float32 nothing is excused.
ROUNDING = {np.dtype(np.float32): 0.0, np.dtype(np.float64): 1e-14}


@dataclass(frozen=True)
class Agreement:
    """How two values of one gradient (or of the loss) compare.

    relative  ‖hand − torch‖ / max of the norms; 0 where both are zero
    absolute  the largest difference of an entry
    cosine    of the two; None where one of them is zero
    """

    hand_norm: float
    torch_norm: float
    relative: float
    absolute: float
    cosine: float | None


@dataclass(frozen=True)
class ParityCheck:
    """One batch: an `Agreement` for `loss` and for every trained parameter."""

    agreements: dict[str, Agreement]
    dtype: np.dtype[Any]

    @property
    def broken(self) -> list[tuple[str, Agreement]]:
        """What exceeds the tolerance and is more than rounding, the worst first."""
        found = [
            (name, agreement)
            for name, agreement in self.agreements.items()
            if not agreement.relative <= TOLERANCE[self.dtype]
            and not agreement.absolute <= ROUNDING[self.dtype]
        ]
        return sorted(found, key=lambda item: -item[1].relative)

    @property
    def passed(self) -> bool:
        return not self.broken

    def without_rounding(self) -> "ParityCheck":
        """The same without a relative error where both sides are 0 but for rounding."""
        rounding = ROUNDING[self.dtype]
        agreements = {
            name: replace(one, relative=0.0, cosine=None) if one.absolute <= rounding else one
            for name, one in self.agreements.items()
        }
        return replace(self, agreements=agreements)


@dataclass(frozen=True)
class Twin:
    """A model with a gradient by hand, its keys, and the moves that its CRF permits."""

    spec: ModelSpec
    keys: Any
    moves: Any = None

    @property
    def by_hand(self) -> ByHand:
        assert self.spec.by_hand is not None
        return self.spec.by_hand

    def build(self, kind: TaskKind, parameters: Arrays, **settings: Any) -> Any:
        if self.moves is not None:
            settings["moves"] = self.moves
        return self.by_hand.build(self.spec, self.keys, kind, parameters, **settings)


class ParityMonitor:
    """Checks steps of a run and keeps the worst that it saw.

    A gradient that has all but vanished is a difference of nearly equal float32 numbers, in which
    two right programs disagree, and a CRF's sums of logarithms round. So where no entry differs by
    more than 1e-6, or with a CRF the whole by more than 1e-3, a check that fails in float32 is
    decided in float64, where the tolerance is 1e-10.

    Parameters
    ----------
    twin
        The same model with its gradient by hand.
    every
        Steps between checks, counted over the whole run; None for the first step of each epoch.
    """

    def __init__(self, objective: Objective, twin: Twin, every: int | None) -> None:
        self.objective, self.twin, self.every = objective, twin, every
        self.step = 0
        self.checks: list[ParityCheck] = []

    def inspect(self, step_of_epoch: int, step: Step, loss: Tensor) -> None:
        """To be called with every step whose gradients are there.

        Raises
        ------
        RunError
            The two gradients disagree.
        """
        due = step_of_epoch == 0 if self.every is None else self.step % self.every == 0
        self.step += 1
        # A loss that is not a number is training's to report.
        if not due or not np.isfinite(float(loss.detach())):
            return
        check = compare(self.objective, self.twin, step, loss)
        if not check.passed:
            rounded = 0.0 if self.twin.moves is None else ROUNDED_BY_CRF
            if not all(a.absolute <= NEGLIGIBLE or a.relative <= rounded for _, a in check.broken):
                raise _failure(check, self.step)
            check = in_float64(self.objective, self.twin, step)
            if not check.passed:
                raise _failure(check, self.step)
        self.checks.append(check)

    def summary(self, since: int = 0) -> dict[str, Any]:
        """The parity block of `result.json`, over the checks from number `since` on."""
        checks = self.checks[since:]
        if not checks:
            return {}
        # What float64 excused as rounding of 0 has no relative error to speak of.
        checks = [check.without_rounding() for check in checks]
        every = [agreement for check in checks for agreement in check.agreements.values()]
        cosines = [agreement.cosine for agreement in every if agreement.cosine is not None]
        parameters: dict[str, float] = {}
        for check in checks:
            for name, agreement in check.agreements.items():
                parameters[name] = max(agreement.relative, parameters.get(name, 0.0))
        return {
            "passed": True,
            "max_rel_error": max(agreement.relative for agreement in every),
            "max_abs_error": max(agreement.absolute for agreement in every),
            **({"min_cosine": min(cosines)} if cosines else {}),
            "rel_errors": parameters,
            "checked": len(checks),
            "decided_in_float64": sum(check.dtype == np.float64 for check in checks),
        }


def compare(objective: Objective, twin: Twin, step: Step, loss: Tensor) -> ParityCheck:
    """Compare the gradients that torch has left in the parameters with those by hand."""
    parameters = dict(objective.model.named_parameters())
    arrays = {name: _array(parameter) for name, parameter in parameters.items()}
    tuned = objective.rows.requires_grad
    model = twin.build(
        objective.kind,
        arrays,
        l2=objective.l2,
        trainable=_array(objective.trainable) if tuned else None,
        anchor=objective.anchor,
        initial=_array(objective.start),
        **({"fixed": objective.fixed} if objective.fixed else {}),
    )
    hand_loss = model.forward(*step.inputs, step.labels, step.mask)
    agreements = {"loss": agreement(np.array(hand_loss), _array(loss))}
    gradients: dict[str, Any] = dict(model.backward())
    # Every parameter that torch trains is compared; one that the hand forgot counts as zero.
    others = (name for name in parameters if name != "embedding.weight")
    for name, named in twin.by_hand.names(others).items():
        by_torch = parameters[named].grad
        assert by_torch is not None
        wanted = _array(by_torch.to_dense() if by_torch.is_sparse else by_torch)
        found = gradients.get(name, np.zeros_like(wanted))
        if isinstance(found, RowGradient):
            found = found.dense(len(wanted))
        agreements[name] = agreement(found, wanted)
    if tuned:
        rows, values = (_array(part) for part in objective.trainable_gradient())
        nothing = RowGradient(rows[:0], values[:0])
        both = _on_all_rows(gradients.get("E", nothing), RowGradient(rows, values))
        agreements["E"] = agreement(*both)
    return ParityCheck(agreements, _array(objective.rows).dtype)


def in_float64(objective: Objective, twin: Twin, step: Step) -> ParityCheck:
    """The same batch and parameters in double precision on both sides."""
    model: nn.Module = copy.deepcopy(objective.model).double()
    double = Objective(
        model,
        objective.classes,
        objective.kind,
        objective.trainable,
        objective.start.double(),
        objective.l2,
        objective.anchor,
        objective.fixed,
    )
    loss = double.loss(step) + double.penalty(step)
    loss.backward()
    return compare(double, twin, step, loss)


def agreement(by_hand: NDArray[Any], by_torch: NDArray[Any]) -> Agreement:
    """Compare two arrays of one shape.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    if by_hand.shape != by_torch.shape:
        raise ValueError(f"gradient by hand has shape {by_hand.shape}, by torch {by_torch.shape}")
    a, b = by_hand.ravel().astype(np.float64), by_torch.ravel().astype(np.float64)
    norms = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    difference = float(np.linalg.norm(a - b))
    return Agreement(
        hand_norm=norms[0],
        torch_norm=norms[1],
        relative=difference / max(norms) if difference else 0.0,
        absolute=float(np.abs(a - b).max(initial=0)),
        cosine=float(a @ b) / (norms[0] * norms[1]) if min(norms) > 0 else None,
    )


def _on_all_rows(a: RowGradient, b: RowGradient) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both gradients over the rows that either names; a row that one leaves out is zero there."""
    rows = np.union1d(a.rows, b.rows)
    both = []
    for gradient in (a, b):
        values = np.zeros((len(rows), gradient.values.shape[1]))
        values[np.searchsorted(rows, gradient.rows)] = gradient.values
        both.append(values)
    return both[0], both[1]


def _failure(check: ParityCheck, step: int) -> RunError:
    name, worst = check.broken[0]
    return RunError(
        f"parity failed at step {step}: the gradient of {name} differs between autograd (norm "
        f"{worst.torch_norm:.6g}) and backprop by hand (norm {worst.hand_norm:.6g}), relative "
        f"error {worst.relative:.2g} > {TOLERANCE[check.dtype]:.0e}"
    )


def _array(tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().cpu().numpy()
    return array
