"""What is measured about the project itself; never imported by the rest of it."""
