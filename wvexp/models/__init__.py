"""The classifiers as torch modules."""
