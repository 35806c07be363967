"""The classifiers as torch modules, one per file."""
