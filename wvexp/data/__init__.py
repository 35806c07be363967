"""Labelled text: from files, from a hub, or generated."""
