from helpers.runs import finished_run  # noqa: F401
