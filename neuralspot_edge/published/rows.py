"""What a row of the table says: what was published, and what is run to stand beside it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from neuralspot_edge.recipes import Recipe, load_recipe
from neuralspot_edge.recipes.specs import Slug
from neuralspot_edge.strict import Count, Flag, Number, StrictModel, Text

__all__ = ["Kind", "Measure", "Mode", "Published", "Row"]

Mode = Literal["quick", "full"]
"""`full` runs the published sizes; `quick` reduces them, so that the whole table takes minutes."""

Kind = Literal["trained", "iterated", "naive", "least_squares"]
Measure = Literal["mse", "mse_last_step", "accuracy", "cross_entropy"]


class Published(StrictModel):
    """A figure that somebody has published.

    Attributes:
        by: Whose it is, in a word or two.
        figure: The figure.
        size: What it was measured at: length, samples, parameters.
        source: Where it is published.
    """

    by: Annotated[Text, Field(max_length=60)] = Field(description="Whose it is")
    figure: Number = Field(description="The figure")
    size: Text = Field(description="What it was measured at: length, samples, parameters")
    source: Annotated[Text, Field(pattern=r"^https://\S+$")] = Field(description="Where it is published")


class Row(StrictModel):
    """A row of the table.

    Attributes:
        name: Its name, and that of its files.
        title: What is run, in a few words.
        kind: `trained` runs the recipe; `iterated` runs it and forecasts `steps_ahead` steps with the model fed by
            itself; `least_squares` sets the weights of a linear recipe without training; `naive` has no model and takes
            from the recipe the data alone.
        measure: What the figures are: of the task, or `mse_last_step` of the last step of a sequence of forecasts.
        published: What others have published for it; none for a stand-in.
        tolerance: How much worse than published still counts as reached: a difference of scores, a share of errors.
        preset: A preset's name that the recipe begins from.
        recipe: The recipe itself, where it is no preset.
        changes: What is changed of it, by dotted path.
        reduced: How `quick` is smaller, in words; None where both modes are the same.
        quick: What `quick` changes, by dotted path.
        steps_ahead: Steps that `iterated` forecasts.
        full_minutes: What `full` takes on two cores, about, from the time of a few training steps.
        seeds: Runs, of which the mean counts.
        needs_mnist: Whether it runs on the user's own file of MNIST.
        note: What a reader must know of the comparison.
    """

    name: Slug = Field(description="Name of the row and of its files")
    title: Text = Field(description="What is run, in a few words")
    kind: Kind = Field(default="trained", description="Where the figure comes from")
    measure: Measure = Field(description="What the figures are")
    published: tuple[Published, ...] = Field(default=(), description="What others have published for it")
    tolerance: Annotated[Number, Field(ge=0, lt=1)] = Field(default=0.0, description="Worse by this still counts")
    preset: Text | None = Field(default=None, description="A preset that the recipe begins from")
    recipe: dict[str, Any] | None = Field(default=None, description="The recipe, where it is no preset")
    changes: dict[str, Any] = Field(default={}, description="What is changed of it, by dotted path")
    reduced: Text | None = Field(default=None, description="How quick is smaller, in words")
    quick: dict[str, Any] = Field(default={}, description="What quick changes, by dotted path")
    steps_ahead: Annotated[Count, Field(ge=2)] | None = Field(default=None, description="Steps that iterated forecasts")
    full_minutes: Annotated[Count, Field(ge=1)] | None = Field(default=None, description="About what full takes")
    seeds: Annotated[Count, Field(ge=1, le=100)] = Field(default=1, description="Runs, of which the mean counts")
    needs_mnist: Flag = Field(default=False, description="Whether it runs on the user's own file of MNIST")
    note: Text | None = Field(default=None, description="What a reader must know of the comparison")

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.preset is None) == (self.recipe is None):
            raise ValueError("exactly one of preset and recipe is needed")
        if bool(self.quick) != (self.reduced is not None):
            raise ValueError("quick and reduced go together: a smaller run says how it is smaller")
        if (self.kind == "iterated") != (self.steps_ahead is not None):
            raise ValueError("steps_ahead is for kind iterated, which needs it")
        return self

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger figure is a better one."""
        return self.measure == "accuracy"

    def is_reduced(self, mode: Mode) -> bool:
        """Whether a mode is smaller than what was published."""
        return mode == "quick" and self.reduced is not None

    def recipe_for(self, mode: Mode, mnist: str | None = None) -> Recipe:
        """The recipe that a mode runs.

        Args:
            mode: `quick` or `full`.
            mnist: The user's file of MNIST.

        Raises:
            InputError: It is no legal recipe, or there is no such preset.
        """
        changes: Mapping[str, Any] = {**self.changes, **(self.quick if mode == "quick" else {})}
        if self.needs_mnist and mnist is not None:
            changes = {**changes, "data.options.path": mnist}
        # A copy: a change within a value that another change has put there would be made in the row itself.
        return load_recipe(self.preset or self.recipe or {}).override(copy.deepcopy(changes))
