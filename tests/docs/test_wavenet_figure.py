"""The figure of the WaveNet page shows the unit that the family builds."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter

import wavenet_figure
from helpers import families


def test_it_is_well_formed_and_shows_what_a_unit_has():
    root = ET.fromstring(wavenet_figure.gated_unit())
    (image,) = root.iter("svg")
    assert image.find("title").text
    texts = Counter(text.text for text in image.iter("text"))
    layers = {
        layer.name.split(".B1.")[-1] for layer in families.build("wavenet", (16, 1)).layers if ".B1." in layer.name
    }
    assert {"FILTER", "GATE", "TANH", "SIGMOID", "MUL", "RES", "ADD"} <= layers
    drawn = {name: texts[name] for name in ("dilated conv", "tanh", "sigmoid", "×", "1x1 conv", "+")}  # noqa: RUF001
    assert drawn == {"dilated conv": 2, "tanh": 1, "sigmoid": 1, "×": 1, "1x1 conv": 1, "+": 1}  # noqa: RUF001
