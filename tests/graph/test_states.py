"""States by their names."""

from __future__ import annotations

from neuralspot_edge.graph.states import state_pairs


def test_a_state_is_an_input_whose_name_an_output_continues():
    assert state_pairs(["x", "a", "b"], ["b.next", "y", "a.next", "c.next"]) == ((2, 0), (1, 2))
    assert state_pairs(["x"], ["y", "x_next"]) == ()
