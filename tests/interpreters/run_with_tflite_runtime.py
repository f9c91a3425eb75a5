"""Runs a model in an environment of tflite-runtime, numpy and lazy_loader alone: MODEL INPUTS.npz OUTPUTS.npz."""

import sys

import numpy as np

from neuralspot_edge.interpreters import TfliteRuntimeInterpreter

model, given, result = sys.argv[1:]
interpreter = TfliteRuntimeInterpreter(model)
with np.load(given) as arrays:
    outputs = interpreter.predict({spec.name: arrays[spec.name] for spec in interpreter.inputs})
np.savez(result, *(outputs if isinstance(outputs, tuple) else (outputs,)))
