"""Figures of words: errors by what is known of a text's words, and the words that moved most."""

from typing import Any

import altair as alt

from wvexp.report.findings import Findings
from wvexp.report.style import (
    Figure,
    colours,
    data,
    error_axis,
    lines_by_arm,
    plain_type,
    size_axis,
)
from wvexp.report.words import unit


def group_errors(f: Findings, group: str) -> Figure | None:
    """Error of every arm on the test examples of one group of words."""
    rows = [
        {"arm": g.arm, "size": g.size, "error": 100 * g.error, "n": round(g.n)}
        for g in f.groups
        if g.group == group
    ]
    if not rows:
        return None
    chart = lines_by_arm(
        rows,
        f.arms,
        size_axis(f),
        error_axis(f),
        [
            alt.Tooltip("arm:N"),
            alt.Tooltip("size:Q", format=",", title=unit(f)),
            alt.Tooltip("error:Q", format=".1f", title="test error (%)"),
            alt.Tooltip("n:Q", format=",", title="test examples"),
        ],
    )
    title, what = {
        "seen": (
            "Error where training saw every word",
            "all of whose words stand in the training data",
        ),
        "pretrained_only": (
            "Error where the pretrained vectors alone know a word",
            "with words that the training data lack, each of which has a pretrained vector",
        ),
        "neither": (
            "Error where a word is unknown",
            "with a word that the training data lack and that has no pretrained vector",
        ),
    }[group]
    return Figure(
        f"error-{group.replace('_', '-')}",
        title,
        f"Mean over seeds, on the test examples {what}.",
        chart,
    )


def words_moved(f: Findings, movement: dict[str, Any]) -> Figure | None:
    """How far the words that moved most went in one fine-tuned run."""
    rows = [
        {"word": _mark(moved["word"]), "distance": moved["distance"]}
        for moved in movement.get("most_moved", [])
    ]
    if not rows:
        return None
    arm = movement["arm"]
    arms = tuple(dict.fromkeys((*f.arms, arm)))  # a recipe's need not be among the guidance's
    bars = (
        alt.Chart(data(rows))
        .mark_bar(color=colours(arms)[arms.index(arm)])
        .encode(
            x=alt.X("distance:Q", title="Euclidean distance moved"),
            y=alt.Y("word:N", sort=None, title=None, axis=alt.Axis(labelLimit=160)),
            tooltip=[alt.Tooltip("word:N"), alt.Tooltip("distance:Q", format=".3f")],
        )
    )
    return Figure(
        f"movement-{arm}",
        f"Words that moved most: {arm}",
        f"Euclidean distance from start to end, {movement['size']:,} {unit(f)}, seed "
        f"{movement['seed']}.",
        plain_type(bars.properties(width="container", height=24 * len(rows))),
    )


def _mark(word: str) -> str:
    """An empty or blank word is shown as a box, else its bar would have no name."""
    return word if word.strip() else "\u2423"
