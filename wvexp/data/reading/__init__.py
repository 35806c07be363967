"""From files and the hub to a `Corpus`."""
