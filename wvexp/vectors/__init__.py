"""Word vectors: files, tables of rows, starting values."""
