from graph.tiny_models import models  # noqa: F401
