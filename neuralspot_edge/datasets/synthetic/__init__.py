"""Signals generated from physical models: no download, the same arrays for the same seed, and a truth that is known."""
