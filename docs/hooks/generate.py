"""The MkDocs hook: writes the parts of the site that are derived from the code, so that they cannot go stale.

A page asks for one by a line `<!-- generated: NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import api_pages
import catalogue
import command_line
import figures
import recipe_reference
import streaming_figure
import target_tables
import wavenet_figure
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

_MARKER = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.MULTILINE)

GENERATED: dict[str, Callable[[], str]] = {
    "recipe": recipe_reference.recipe_reference,
    "tcn-params": lambda: recipe_reference.params_reference("tcn"),
    "residual-tcn-params": lambda: recipe_reference.params_reference("residual_tcn"),
    "wavenet-params": lambda: recipe_reference.params_reference("wavenet"),
    "rnn-params": lambda: recipe_reference.params_reference("rnn"),
    "conv-rnn-params": lambda: recipe_reference.params_reference("conv_rnn"),
    "linear-params": lambda: recipe_reference.params_reference("linear"),
    "mlp-params": lambda: recipe_reference.params_reference("mlp"),
    "ds-cnn-params": lambda: recipe_reference.params_reference("ds_cnn"),
    "tc-resnet-params": lambda: recipe_reference.params_reference("tc_resnet"),
    "presets": catalogue.presets,
    "datasets": catalogue.datasets,
    "dataset-options": recipe_reference.options_reference,
    "npz": lambda: catalogue.file_format("npz_file"),
    "csv": lambda: catalogue.file_format("csv_file"),
    "tasks": catalogue.tasks,
    "quantizations": catalogue.quantizations,
    "activations": catalogue.activations,
    "target-chips": target_tables.chips,
    "target-cores": target_tables.cores,
    "target-fields": target_tables.fields,
    "target-measurements": target_tables.measurements,
    "target-sources": target_tables.sources,
    "commands": command_line.command_reference,
    "figure-blocks": figures.blocks,
    "figure-receptive-field": figures.receptive_field,
    "figure-residual-block": figures.residual_block,
    "figure-thinning": figures.thinning,
    "figure-gated-unit": wavenet_figure.gated_unit,
    "figure-stream": streaming_figure.window_and_step,
    "figure-stream-delay": streaming_figure.delay,
}
"""What a page may ask for."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lists the API pages in the navigation."""
    entries: list[dict[str, Any]] = config.nav or []
    for entry in entries:
        if "API" in entry:
            entry["API"] = [{room.title: room.uri} for room in api_pages.rooms()]
    return config


# Before mkdocs-jupyter, which takes the notebooks from here.
@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the API pages, and the notebooks, which are not under docs/."""
    for room in api_pages.rooms():
        files.append(File.generated(config, room.uri, content=room.markdown))
    root = Path(config.config_file_path).parent
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        uri = notebook.relative_to(root).as_posix()
        files.append(File(uri, str(root), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Writes what the page asks for.

    Raises:
        PluginError: There is nothing of that name.
    """
    return _MARKER.sub(_generate, markdown)


def _generate(marker: re.Match[str]) -> str:
    name = marker[1]
    if name not in GENERATED:
        raise PluginError(f"nothing generates {name!r}; there are {', '.join(GENERATED)}")
    return GENERATED[name]()
