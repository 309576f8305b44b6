"""What is measured in networks for a claim, on a worker: plain data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bnlab.spec.fields import Frozen, Scalar
from bnlab.spec.member import MemberSpec

MAX_MEASURED = 500  # networks
MAX_SETTINGS = 32

# In the answer, beside the measured arrays.
WORKER_SECONDS = "worker_seconds"


class Measure(Frozen):
    """Networks to be measured by a function of `bnlab.fleet.measurements`; it may take long.

    Answer: what that function returns, (M, ...) each, in the order of the networks; and
    worker_seconds (), the time the worker spent on it, without its other work meanwhile.
    """

    kind: Literal["measure"] = "measure"
    name: str = Field(
        min_length=1, max_length=60, json_schema_extra={"allowed": "the name of a measurement"}
    )
    specs: tuple[MemberSpec, ...] = Field(
        min_length=1,
        max_length=MAX_MEASURED,
        json_schema_extra={"allowed": f"1 to {MAX_MEASURED} networks"},
    )
    settings: dict[str, Scalar | tuple[int | float, ...]] = Field(
        default={},
        max_length=MAX_SETTINGS,
        json_schema_extra={"allowed": f"up to {MAX_SETTINGS} values, or lists of numbers, by name"},
    )
