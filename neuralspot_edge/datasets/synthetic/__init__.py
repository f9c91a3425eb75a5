"""Data generated from physical models and from rules: no download, the same arrays for the same seed, a known truth."""
