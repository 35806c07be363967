"""What a results file says: measurements, findings, figures, one page."""
