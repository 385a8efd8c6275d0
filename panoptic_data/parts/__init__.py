"""Parts that two pictures share: a carpet, a print on a shirt, a motif, a stamp, a template."""
