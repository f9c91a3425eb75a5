import xml.etree.ElementTree as ET

import figures
import pytest


@pytest.mark.parametrize("figure", [figures.blocks, figures.receptive_field, figures.residual_block, figures.thinning])
def test_it_is_well_formed_and_titled(figure):
    root = ET.fromstring(figure())
    images = list(root.iter("svg"))
    assert images
    assert all(image.find("title").text for image in images)


def test_the_receptive_field_that_is_drawn_is_the_one_that_is_stated():
    root = ET.fromstring(figures.receptive_field())
    dots = [dot for dot in root.iter("circle") if dot.get("class") == "seen"]
    lowest = max(float(dot.get("cy")) for dot in dots)
    seen = [float(dot.get("cx")) for dot in dots if float(dot.get("cy")) == lowest]
    assert len(seen) == 16
    assert "sees 16 steps" in "".join(root.itertext())
    assert max(seen) - min(seen) == 15 * (sorted(seen)[1] - sorted(seen)[0])


def test_the_steps_that_are_drawn_as_computed_are_those_that_are_counted():
    root = ET.fromstring(figures.thinning())
    dots = [float(dot.get("cy")) for dot in root.iter("circle") if dot.get("class") == "seen"]
    computed = [y for y in dots if y < max(dots)]
    assert f"computes {len(computed)} outputs" in "".join(root.itertext())
