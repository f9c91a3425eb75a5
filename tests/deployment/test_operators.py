"""The methods of `MicroMutableOpResolver`, against its header's list and the library itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ai_edge_litert.schema_py_generated import BuiltinOperator
from deployment.zig import STUBS
from graph import tiny_models

from neuralspot_edge.deployment import OperatorRegistration, operator_registrations
from neuralspot_edge.deployment.operators import BUILTIN_METHODS, CUSTOM_METHODS
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph

LISTED = re.findall(r"^OPERATOR\((\w+), (\w+), (\d+), (\w+)\)$", (STUBS / "operators.inc").read_text(), re.MULTILINE)


def _library() -> bytes:
    from tflite_micro.python.tflite_micro import _runtime

    return Path(_runtime.__file__).read_bytes()


def test_the_methods_are_those_of_the_header():
    assert {kind: method for method, kind, _, _ in LISTED} == BUILTIN_METHODS


def test_the_kinds_are_those_of_the_schema():
    assert {kind: int(code) for _, kind, code, _ in LISTED} == {k: getattr(BuiltinOperator, k) for k in BUILTIN_METHODS}


def test_the_library_registers_every_kind_and_no_other():
    names = re.findall(rb"_ZN6tflite5micro\d+Register_([A-Z0-9_]+)Ev\x00", _library())
    schema = {name for name in vars(BuiltinOperator) if name.isupper()}
    assert {name.decode() for name in names} & schema == set(BUILTIN_METHODS)


@pytest.mark.parametrize("code", sorted(set(CUSTOM_METHODS) - {"ethos-u"}))
def test_the_library_knows_every_custom_code(code):
    assert code.encode() in _library()


def test_each_kind_of_all_subgraphs_is_registered_once():
    content = tiny_models.pack(
        "ADD", [tiny_models.tensor(n, (1, 4)) for n in "aby"], inputs=[0, 1], outputs=[2], more_subgraphs=2
    )
    assert operator_registrations(load_graph(content)) == (OperatorRegistration("ADD", "AddAdd", 3),)


def test_a_custom_operator_of_tensorflow_lite_micro_is_registered_by_name():
    graph = load_graph(tiny_models.custom("TFLite_Detection_PostProcess"))
    assert [r.method for r in operator_registrations(graph)] == ["AddDetectionPostprocess"]


def test_an_unknown_custom_operator_is_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"operator 0 of subgraph 0 is the custom operator 'Mine'.*AddCustom by hand"):
        operator_registrations(load_graph(tiny_models.custom("Mine")))


def test_a_kind_that_tensorflow_lite_micro_lacks_is_refused_by_name():
    with pytest.raises(InputError, match="operator 0 of subgraph 0 is GELU, which TensorFlow Lite Micro does not have"):
        operator_registrations(load_graph(tiny_models.gelu()))
