"""What a target file may say. A field's `description` is its entry in the documentation."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from neuralspot_edge.strict import Count, Number, StrictModel, Text
from neuralspot_edge.targets.kernels import KernelClass

__all__ = ["Accelerator", "Band", "Core", "FastKernels", "KernelCost", "Npu", "ReferenceKernels", "Reserve", "Target"]

Accelerator = Literal[
    "ethos-u55-32",
    "ethos-u55-64",
    "ethos-u55-128",
    "ethos-u55-256",
    "ethos-u65-256",
    "ethos-u65-512",
    "ethos-u85-128",
    "ethos-u85-256",
    "ethos-u85-512",
    "ethos-u85-1024",
    "ethos-u85-2048",
]
"""Arm's NPUs by the names that ethos-u-vela has for them; the last number is MACs a cycle."""

Name = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9][a-z0-9.+-]*$", max_length=64)]
Cycles = Annotated[Number, Field(ge=0, le=1e6)]
Factor = Annotated[Number, Field(gt=0, le=1000)]
Bytes = Annotated[Count, Field(ge=0, le=2**40)]


class Npu(StrictModel):
    """A neural processing unit beside the core."""

    accelerator: Accelerator = Field(description="Which one, as ethos-u-vela calls it")
    clock_mhz: Annotated[Number, Field(gt=0, le=10_000)] = Field(description="Its clock")

    @property
    def backend(self) -> str:
        """What `check_support` calls it: the accelerator without its number of MACs, `ethos-u55`."""
        return self.accelerator.rpartition("-")[0]


class Reserve(StrictModel):
    """Memory that a firmware takes beside the model and its arena."""

    # The figures are explained, with their sources, in docs/targets.md.
    flash_bytes: Bytes = Field(
        default=128 * 1024,
        description="Code: TensorFlow Lite Micro's interpreter, the kernels of some ten kinds of operator built for "
        "speed, and start-up",
    )
    ram_bytes: Bytes = Field(default=16 * 1024, description="Stack, heap and what the interpreter and drivers keep")


class Target(StrictModel):
    """A chip, or a bare core whose memory is not known."""

    name: Name = Field(description="What it is called in `--target` and in a recipe")
    aliases: tuple[Name, ...] = Field(default=(), description="Other names for it, such as boards that carry it")
    description: Text = Field(description="One line for people")
    core: Name = Field(description="The core that runs the model, by name")
    clock_mhz: Annotated[Number, Field(gt=0, le=10_000)] = Field(description="Its clock, the highest that it has")
    flash_bytes: Bytes | None = Field(default=None, description="Flash or other non-volatile memory for an application")
    ram_bytes: Bytes | None = Field(default=None, description="The largest piece of RAM that an arena can lie in")
    memory: Text | None = Field(default=None, description="Which memories these are, and what else there is")
    npu: Npu | None = Field(default=None, description="The NPU beside the core")
    reserve: Reserve = Field(default=Reserve(), description="Memory that is not the model's")
    note: Text | None = Field(default=None, description="What an estimate for it must add")
    source: Text = Field(default="not stated", description="Where these figures come from")


class KernelCost(StrictModel):
    """What a kernel takes: cycles, or instructions for the reference kernels."""

    per_mac: Cycles = Field(default=0.0, description="For each multiply-accumulate")
    per_output: Cycles = Field(default=0.0, description="For each element that is written: scaling it, clipping it")
    per_element: Cycles = Field(default=0.0, description="For each elementwise operation")


class Band(StrictModel):
    """How far a measurement may lie from the estimate, as factors of it."""

    low: Annotated[Number, Field(gt=0, le=1)]
    high: Annotated[Number, Field(ge=1, le=100)]


class FastKernels(StrictModel):
    """A library of kernels written for a core."""

    library: Text = Field(description="Its name")
    backend: Text | None = Field(default=None, description="What `check_support` calls it, where it knows it")
    types: dict[Literal["int8", "int16"], Factor] = Field(
        description="Types of activations that it takes, with their cost relative to int8"
    )
    cycles: dict[KernelClass, KernelCost] = Field(description="Cost by class of kernel; a class left out has no kernel")
    plain_instructions: dict[KernelClass, KernelCost] = Field(
        default_factory=dict,
        description="Instructions of its plain loops, which run what `check_support` does not call fast",
    )
    band: Band
    source: Text = Field(description="Where these figures come from")


class Core(StrictModel):
    """How fast a core is."""

    name: Name
    aliases: tuple[Name, ...] = ()
    description: Text
    cycles_per_instruction: Annotated[Number, Field(gt=0, le=10)] = Field(
        description="Of compiled integer code, loads from its fastest memory included"
    )
    has_fpu: bool = Field(description="Whether it computes with float32 in hardware")
    fast: FastKernels | None = Field(default=None, description="Kernels written for it")
    source: Text


class ReferenceKernels(StrictModel):
    """TensorFlow Lite Micro's portable kernels, which run everywhere, in instructions."""

    types: dict[Literal["int8", "int16", "float32"], Factor] = Field(description="Cost by type, relative to int8")
    float_without_fpu: Factor = Field(description="Factor for float32 on a core without FPU")
    instructions: dict[KernelClass, KernelCost]
    per_operator: Cycles = Field(description="For calling a kernel at all, fast ones too")
    per_inference: Cycles
    band: Band
    source: Text

    @field_validator("instructions")
    @classmethod
    def _is_complete(cls, instructions: dict[KernelClass, KernelCost]) -> dict[KernelClass, KernelCost]:
        missing = set(get_args(KernelClass)) - set(instructions)
        if missing:
            raise ValueError(f"lacks {', '.join(sorted(missing))}: these kernels have to run everything")
        return instructions

    @model_validator(mode="after")
    def _int8_is_the_measure(self) -> ReferenceKernels:
        if self.types.get("int8") != 1:
            raise ValueError("types: int8 is the measure of the others, write 1")
        return self
