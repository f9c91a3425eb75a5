"""Which teachers a recipe has, and whether they can teach it: all that is known before anything is trained."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import list_models, load_recipe
from neuralspot_edge.suggestions import did_you_mean
from neuralspot_edge.training.files import RECIPE, TrainFiles

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["TEACHER_FOLDER", "TeacherSource", "find_teachers", "remove_teacher"]

TEACHER_FOLDER = "teacher"
"""In the student's folder; it holds what a training of the teacher alone would write."""

_FIELDS = (
    *("task", "classes", "num_outputs", "input.window", "input.hop", "input.channels", "input.sampling_rate"),
    *("data.dataset", "data.options", "data.path", "data.channels", "data.preprocess"),
)
"""In which a teacher and its student are the same."""


@dataclass(frozen=True)
class TeacherSource:
    """Where a teacher comes from.

    Attributes:
        recipe: Its recipe; of one that is not trained yet with the data of its student, split as there.
        folder: The folder of the run that has trained it; None where it is trained first.
    """

    recipe: Recipe
    folder: Path | None


def find_teachers(recipe: Recipe, out_dir: str | Path | None = None) -> tuple[TeacherSource, ...]:
    """The recipe's teacher, the teacher's own, and so on; none where it has none.

    A teacher that is still to be trained gets the student's very windows, with the student's split: what is held out
    from one is held out from the other. One that is trained already must have been trained on the same split.

    Args:
        recipe: The student's recipe.
        out_dir: Where the student is going to be written.

    Raises:
        InputError: A teacher does not exist, has another task, other outputs, other data or another split than its
            student, teaches itself through others, or would be written over.
    """
    found: list[TeacherSource] = []
    seen: list[str] = []
    while (name := recipe.training.teacher) is not None:
        place = _place(name)
        if place in seen:
            circle = " -> ".join([*seen[seen.index(place) :], place])
            raise InputError(f"training.teacher: {circle} is a circle; leave training.teacher out in one of them")
        seen.append(place)
        source = _source(name, recipe)
        _check_kept(source, out_dir)
        found.append(source)
        if source.folder is not None:
            break
        recipe = source.recipe
    return tuple(found)


def remove_teacher(folder: Path) -> None:
    """Removes the teacher that an earlier training left in its student's folder, with its own; no file of others."""
    place = folder / TEACHER_FOLDER
    if not place.is_dir():
        return
    remove_teacher(place)
    for name in (RECIPE, *dataclasses.astuple(TrainFiles())):
        (place / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it holds something else
        place.rmdir()


def _place(name: str) -> str:
    return name if name in list_models() else str(Path(name).resolve())


def _source(name: str, student: Recipe) -> TeacherSource:
    path = Path(name)
    folder = path if path.is_dir() and name not in list_models() else None
    try:
        teacher = load_recipe(_recipe_file(folder) if folder else _existing(name))
    except InputError as error:
        raise InputError(f"training.teacher: {error}") from None
    for field, of_teacher, of_student in _differences(teacher, student):
        raise InputError(
            f"training.teacher: {field} is {of_teacher} in {name}, {of_student} here; a teacher learns the same from "
            "the same data: make them agree, or name another"
        )
    if folder is None:
        return TeacherSource(_on_data_of(student, teacher), None)
    seed, own = teacher.training.data_seed, student.training.data_seed
    if seed != own:
        raise InputError(
            f"training.teacher: {name} was trained on the split of seed {seed}, this recipe has that of {own}: windows "
            f"held out here may be known to it; write training.split_seed: {seed}"
        )
    return TeacherSource(teacher, folder)


def _existing(name: str) -> str:
    if name in list_models() or Path(name).is_file():
        return name
    hint = did_you_mean(Path(name).name, list_models()) or "nse list names the presets"
    raise InputError(f"{name} is no preset, no recipe file and no run's folder; {hint}")


def _recipe_file(folder: Path) -> Path:
    missing = [name for name in (RECIPE, TrainFiles().model) if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} holds no run: {' and '.join(missing)} missing; nse train or nse run writes them")
    return folder / RECIPE


def _differences(teacher: Recipe, student: Recipe) -> Iterator[tuple[str, str, str]]:
    """Fields in which they differ; what one of them leaves open it takes from the other."""
    for field in _FIELDS:
        if field.startswith("data.") and None in (teacher.data, student.data):
            continue
        one, other = _value(teacher, field), _value(student, field)
        if one != other and not (field == "input.sampling_rate" and None in (one, other)):
            yield field.replace("num_outputs", "outputs"), _words(one), _words(other)


def _value(recipe: Recipe, field: str) -> Any:
    value: Any = recipe
    for step in field.split("."):
        value = getattr(value, step)
    return str(Path(value).resolve()) if field == "data.path" and value else value


def _words(value: Any) -> str:
    if value is None:
        return "not given"
    return f"{', '.join(value) if isinstance(value, tuple) else repr(value):.200}"


def _on_data_of(student: Recipe, teacher: Recipe) -> Recipe:
    """The teacher with its student's data; its own seed draws its weights and the order of its windows."""
    return teacher.override(
        {"data": student.data, "input": student.input, "training.split_seed": student.training.data_seed}
    )


def _check_kept(source: TeacherSource, out_dir: str | Path | None) -> None:
    if out_dir is None or source.folder is None:
        return
    own = Path(out_dir).resolve()
    if source.folder.resolve() in (own, own / TEACHER_FOLDER):
        raise InputError(
            f"training.teacher: {source.folder} would be written over by its student; choose another folder for one"
        )
