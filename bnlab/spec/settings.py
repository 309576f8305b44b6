"""The settings of a server: environment variables that begin with BNLAB_.

They are read whenever they are needed. The table in the README has one row for each: its name, its
default (the title, where that is not a value) and its description.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bnlab.spec.fields import refusal


def _whole(value: object) -> object:
    """The whole number that a text writes, as "64" or "2e12"; anything else as it is."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole), Field(ge=1)]


class _Settings(BaseSettings):
    """Settings by their names without the prefix."""

    model_config = SettingsConfigDict(env_prefix="BNLAB_", frozen=True, extra="ignore")

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            problem = error.errors()[0]
            field = type(self).model_fields[str(problem["loc"][0])]
            most = next((limit.le for limit in field.metadata if hasattr(limit, "le")), None)
            allowed = "a whole number from 1" + (f" to {most}" if most else "")
            name = f"{self.model_config['env_prefix']}{problem['loc'][0]}".upper()
            raise refusal(name, repr(str(problem["input"]).strip()), allowed) from None

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """An empty variable is one that is not set."""
        return {name: value for name, value in given.items() if str(value).strip()}


class Settings(_Settings):
    """What the person who runs the server may set.

    Raises:
        SpecError: one sentence about a variable whose value is not allowed.
    """

    workers: Whole | None = Field(
        None,
        le=256,
        title="usable cores, or 1 with a GPU",
        description="processes that train; each takes about 320 MB",
    )
    device: str = Field(
        "auto", description="where they train: `auto`, `cpu`, `cuda` or `mps` (untested)"
    )
    log_mb: Whole = Field(
        256,
        description="memory for the pictures and curves of all runs; least recently watched go "
        "first",
    )
    secret: str = Field(
        "",
        title="drawn at each start",
        description="key that signs run tokens and the browser's cookie; set it to keep them "
        "valid over a restart",
    )
    sweep_mb: Whole | None = Field(
        None,
        le=2**24,
        title="half of the free memory, at most 1,024 a worker",
        description="memory for the networks of sweeps that train at once; the others wait",
    )
    data: Path = Field(
        Path("~/.bnlab/data"), description="folder of the images that were registered"
    )


def settings() -> Settings:
    """The settings as they are in the environment now."""
    return _read(frozenset(item for item in os.environ.items() if item[0].startswith("BNLAB_")))


@lru_cache(8)  # reading them takes a millisecond, and specs often need the folder of images
def _read(_environment: frozenset[tuple[str, str]]) -> Settings:
    return Settings()


class LimitSettings(_Settings):
    """How much one experiment, and one browser, may ask of the server.

    Raises:
        SpecError: one sentence about a variable whose value is not allowed.
    """

    model_config = SettingsConfigDict(env_prefix="BNLAB_MAX_")

    members: Whole = Field(200, description="networks in one experiment")
    parameters: Whole = Field(50_000_000, description="weights and biases of all its networks")
    work: Whole = Field(
        2 * 10**12,
        description="parameters × batch size × steps, over all its networks; those of a "
        "convolution count once for each position",
    )
    # So that no step takes minutes.
    step_work: Whole = Field(
        5 * 10**9, description="parameters × batch size of one step, over all its networks"
    )
    sweep_members: Whole = Field(10_000, description="networks in one sweep")
    sweep_work: Whole = Field(
        2 * 10**14, description="parameters × batch size × steps, over all networks of a sweep"
    )
    # The log keeps them in memory.
    sweep_measurements: Whole = Field(
        2_000_000, description="networks × evaluations that one sweep keeps"
    )
    runs_per_browser: Whole = Field(4, description="runs of one browser at a time")
    runs: Whole = Field(200, description="runs of all browsers at a time")
