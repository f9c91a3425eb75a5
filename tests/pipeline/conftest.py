from helpers.runs import finished_run, streamed_run  # noqa: F401
