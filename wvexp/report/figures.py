"""The figures, as Altair charts from findings; a figure whose numbers are missing is left out."""

from wvexp.report.findings import PAIRS, Findings
from wvexp.report.lr_trials_figure import lr_trial_curves
from wvexp.report.race_figure import race_chart
from wvexp.report.score_figures import difference, learning_curves
from wvexp.report.style import Figure
from wvexp.report.summaries import GROUPS
from wvexp.report.word_figures import group_errors, words_moved


def draw(findings: Findings) -> tuple[Figure, ...]:
    """All figures that the findings allow."""
    drawn = [
        race_chart(findings, findings.race) if findings.race else None,
        learning_curves(findings),
        *(difference(findings, a, b) for a, b in PAIRS),
        *(group_errors(findings, group) for group in GROUPS),
        lr_trial_curves(findings),
        *(words_moved(findings, movement) for movement in findings.movement),
    ]
    return tuple(figure for figure in drawn if figure is not None)
