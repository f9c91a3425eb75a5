"""The registry of families, a third party's among them."""

from __future__ import annotations

import importlib.metadata
import sys
import types

import keras
import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import Family, get_family, list_families, registry
from neuralspot_edge.models.params import StrictModel


class OwnParams(StrictModel):
    units: int = 4


def build_own(inputs, params, num_classes):
    outputs = keras.layers.Dense(num_classes)(keras.layers.Dense(params.units)(keras.layers.Flatten()(inputs)))
    return keras.Model(inputs, outputs)


@pytest.fixture
def third_party(monkeypatch):
    module = types.ModuleType("third_party_family")
    module.OwnParams, module.build_own = OwnParams, build_own
    module.FAMILY = Family("own", "A family of one", "third_party_family:OwnParams", "third_party_family:build_own")
    monkeypatch.setitem(sys.modules, "third_party_family", module)
    entry = importlib.metadata.EntryPoint("own", "third_party_family:FAMILY", registry.ENTRY_POINT_GROUP)
    thief = importlib.metadata.EntryPoint("tcn", "third_party_family:FAMILY", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry, thief] if group == entry.group else [])
    registry._families.cache_clear()
    yield
    registry._families.cache_clear()


def test_the_tcn_is_known():
    assert "tcn" in list_families()
    assert get_family("tcn").params_class.__name__ == "TcnParams"


@pytest.mark.usefixtures("third_party")
def test_a_third_party_adds_a_family_but_takes_no_name():
    assert {"own", "residual_tcn", "tcn"} <= set(list_families())
    model = get_family("own").build(keras.Input((8, 2)), {"units": 3}, 5)
    assert model.output.shape == (None, 5)
    assert get_family("tcn").title.startswith("Edge TCN")


def test_an_unknown_family_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown family 'tnc': did you mean 'tcn'\?"):
        get_family("tnc")


def test_build_validates():
    with pytest.raises(InputError, match="unknown key 'kernal'"):
        get_family("tcn").build(keras.Input((8, 2)), {"kernal": 3}, 2)
