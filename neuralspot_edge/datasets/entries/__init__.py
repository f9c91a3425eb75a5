"""The data sets that have a name, each one declaration."""
