"""Measurements of speed and memory, each side by side with what it is compared to."""
