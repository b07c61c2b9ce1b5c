"""The base of all that a run shows: checked when it is made, never changed after."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A picture, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
