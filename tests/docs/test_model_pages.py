"""The examples of the pages on further families print what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "docs" / "models"


@pytest.mark.parametrize("page", ["wavenet", "rnn", "conv_rnn", "linear", "mlp", "ds_cnn", "tc_resnet"])
def test_what_is_printed_is_what_the_comments_say(page, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", (MODELS / f"{page}.md").read_text(), re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)
    expected = [comment for block in blocks for comment in re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)]
    assert expected
    assert capsys.readouterr().out.splitlines() == expected
