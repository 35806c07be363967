"""Measurements of cost: each returns plain numbers, medians of interleaved repetitions."""
