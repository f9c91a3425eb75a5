"""Sound files for `tools/fuzz.py` to damage."""

from __future__ import annotations

from graph import tiny_models, whole_graphs
from graph.one_operator import CASES, one_operator


def written_files() -> list[bytes]:
    """Control flow, variables, custom operators, and each kind of operator by itself; in no time."""
    graphs = [whole_graphs.loop(), whole_graphs.branch(), whole_graphs.running_total(), whole_graphs.chain(dead=9)]
    single = [tiny_models.running_sum(3), tiny_models.custom("Mine"), tiny_models.gelu()]
    operators = [one_operator(kind, activation) for kind in CASES for activation in ("int8", "float32")]
    return [*graphs * 10, *single * 3, *operators]


def exports() -> list[bytes]:
    """Two presets in all types; TensorFlow takes some seconds."""
    from helpers import tcn
    from helpers.tflite import convert_with
    from neuralspot_edge import create_model, load_recipe

    contents = []
    for name in ("tcn-tiny", "tcn-speaker-vowels"):
        recipe, model = load_recipe(name), tcn.randomize(create_model(name))
        x = tcn.windows((recipe.input.window, recipe.input.channels))
        contents += [convert_with(model, x, mode) for mode in ("int8", "int16x8", "float32")]
    return contents * 30
