"""A results file without the file: simulated runs through the interface of `Store`."""

import json
import sqlite3
import zlib

import numpy as np
from scipy.special import ndtri
from stored_runs import stored_run

from wvexp.results.store import Store
from wvexp.seeds import stream

# Accuracy by arm at sizes 100, 400, 1600, 6400: frozen leads on small sets, tuned on large ones.
ACCURACY = {
    "pretrained-frozen": (0.70, 0.74, 0.76, 0.77),
    "pretrained-tuned": (0.64, 0.72, 0.78, 0.82),
    "random-frozen": (0.55, 0.58, 0.62, 0.65),
    "random-tuned": (0.54, 0.60, 0.70, 0.79),
}
SIZES = (100, 400, 1600, 6400)
RATES = (0.0003, 0.001, 0.003)


class SimulatedStore:
    """Runs whose accuracy is known, `draw` after draw; `drop` leaves runs out.

    `change` edits what `result.json` has of each.
    """

    def __init__(
        self,
        accuracy=ACCURACY,
        sizes=SIZES,
        rates=RATES,
        seeds=5,
        units=600,
        condition="c0ffee",
        draw=1,
    ):
        self._runs, self._counts = {}, {}
        self._ids = [f"sentence{u}" for u in range(units)]
        rng = stream(draw, "simulated")
        difficulty = rng.normal(0, 0.7, units)
        for arm, of_size in accuracy.items():
            own = rng.normal(0, 0.3, units)
            for size, level in zip(sizes, of_size, strict=True):
                for seed in range(seeds):
                    for r, lr in enumerate(rates):
                        best = r == len(rates) // 2
                        noise = rng.normal(0, 1, units) + rng.normal(0, 0.05)
                        z = ndtri(min(max(level - 0.05 * (not best), 1e-9), 1 - 1e-9)) * 1.26
                        right = (z + difficulty + own + noise > 0).astype(np.int64)
                        if level in (0.0, 1.0):
                            right[:] = int(level)
                        self._add(condition, arm, size, seed, lr, right, full=size == sizes[-1])

    def _add(self, condition, arm, size, seed, lr, right, full):
        key = f"{condition}-{arm}-{size}-{seed}-{lr:g}"
        embed, policy = arm.split("-")
        tuned = policy == "tuned"
        self._counts[key] = np.stack([right, np.ones_like(right)], axis=1)
        score = float(right.mean())
        words = [{"word": w, "distance": d} for w, d in (("dull", 1.4), ("<b>fine</b>", 1.1))]
        movement = {"rows": 900, "moved": 850, "max": 1.4, "mean": 0.3, "most_moved": words}
        self._runs[key] = {
            "key": key,
            "task": "sentence",
            "arm": arm,
            "embed": embed,
            "finetune": tuned,
            "model": "mean",
            "train_size": size,
            "train_tokens": 20 * size + (0 if full else seed),
            "train_types": 5 * size,
            "labels_missing": [],
            "seed": seed,
            "lr": lr,
            "condition": condition,
            "engine": "handwritten",
            "metric": {"name": "accuracy", "validation": score - 0.004, "test": score},
            "groups": {
                "seen": {"n": 400, "score": score},
                "pretrained_only": {"n": 200, "score": score - 0.1},
                "neither": {"n": 0},
            },
            "per_class": {
                label: {
                    "support": 300,
                    "predicted": 300,
                    **dict.fromkeys(("precision", "recall", "f1"), round(300 * score) / 300),
                }
                for label in ("positive", "negative")
            },
            "date": f"2026-11-{24 + seed % 2}",
            "data": {
                "name": "reviews",
                **{
                    split: {
                        "sentences": 2 * count,
                        "tokens": 40 * count,
                        "labels": {"positive": count + 1, "negative": count - 1},
                    }
                    for split, count in (("train", 3200), ("validation", 300), ("test", 300))
                },
            },
            "coverage": {"types": 0.71, "tokens": 0.94},
            "parity": {"passed": True, "max_rel_error": 3e-7, "checked": 5},
            "movement": movement if tuned else {"rows": 0, "moved": 0, "max": 0.0, "mean": 0.0},
            "epochs": 12,
            "best_epoch": 9,
            "seconds": 0.4,
            "config": {"data": "d41d8cd9", "optim": {"name": "adam", "lr": lr, "epochs": 15}},
            "versions": {"python": "3.12.1", "wvexp": "0.1.0"},
        }

    def drop(self, **equal):
        for run in self.runs(**equal):
            del self._runs[run.key]
        return self

    def merge(self, other):
        self._runs.update(other._runs)
        self._counts.update(other._counts)
        return self

    def change(self, edit):
        for run in self._runs.values():
            edit(run)
        return self

    def runs(self, **equal):
        rows = (r for r in self._runs.values() if all(r[k] == v for k, v in equal.items()))
        return [stored_run(**row) for row in rows]

    def unit_counts(self, key):
        return self._counts[key]

    def unit_ids(self, key):
        return self._ids[: len(self._counts[key])]

    def keys(self):
        return list(self._runs)

    def failures(self):
        return []

    def write(self, path):
        """The same as a results file."""
        Store(path)
        connection = sqlite3.connect(path)
        ids = zlib.compress("\n".join(self._ids).encode())
        connection.execute("INSERT INTO unit_ids VALUES ('split', ?)", [ids])
        for key, run in self._runs.items():
            row = {**run, "fold": None, "metric": run["metric"]["name"], "result": json.dumps(run)}
            row |= {"validation": run["metric"]["validation"], "test": run["metric"]["test"]}
            row["finetune"] = int(run["finetune"])
            names = [name for _, name, *_ in connection.execute("PRAGMA table_info(runs)")]
            places = ", ".join("?" * len(names))
            connection.execute(f"INSERT INTO runs VALUES ({places})", [row[n] for n in names])
            if key in self._counts:
                counts = np.ascontiguousarray(self._counts[key], dtype="<i4")
                blob, shape = zlib.compress(counts.tobytes()), json.dumps(counts.shape)
                values = [key, "split", shape, blob]
                connection.execute("INSERT INTO units VALUES (?, ?, ?, ?)", values)
        connection.commit()
        connection.close()
        return path
