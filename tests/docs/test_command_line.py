import re

from command_line import command_reference
from typer.testing import CliRunner

from neuralspot_edge.cli.app import app

SECTIONS = dict(re.findall(r"^## nse (\w+)\n(.*?)(?=^## |\Z)", command_reference(), re.MULTILINE | re.DOTALL))


def _help(*command: str) -> str:
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, [*command, "--help"]).output


def test_every_command_has_a_section_with_every_option_of_its_help():
    assert list(SECTIONS) == re.findall(r"^│ (\w+) ", _help().partition("Commands")[2], re.MULTILINE)
    for command, section in SECTIONS.items():
        options = set(re.findall(r"--[a-z][a-z-]+", _help(command))) - {"--help"}
        assert options <= set(re.findall(r"--[a-z][a-z-]+", section)), command


def test_values_and_defaults():
    assert "nse export SOURCE [OPTIONS]" in SECTIONS["export"]
    assert "nse list [PATTERN] [OPTIONS]" in SECTIONS["list"]
    assert "| `--quantization` | `float32` `float16` `int8` `int16x8` |  |" in SECTIONS["export"]
    assert "| `--window` | whole number ≥ 1 |  |" in SECTIONS["export"]
    assert "| `--max-drop` | number |  |" in SECTIONS["verify"]
    assert "| `-o` `--out` | DIR |  |" in SECTIONS["run"]
    assert "| `RECIPE` |  | **required** |" in SECTIONS["run"]
    assert "| `--from` | name | `tcn-har-smartwatch` |" in SECTIONS["new"]


def test_a_comment_in_a_help_is_no_heading():
    assert "\n`# yaml-language-server: $schema=recipe.schema.json`" in SECTIONS["schema"]
