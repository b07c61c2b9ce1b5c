"""What merging will take, as it is told: a picture without any arithmetic of models."""

from obim.types import Frozen


class Needs(Frozen):
    """What merging some models takes on this machine.

    Attributes:
        seconds: of merging, from reading the models to having read back what was written;
            None where the disk will not do.
        measuring: seconds before that of measuring on calibration texts.
        memory: bytes of the process at its highest.
        memory_free: bytes that it could have.
        disk: bytes of the weights written, and of the owner map where the run keeps one.
        disk_free: bytes free where the weights go.
        token: seconds of one token's way through the model in float32.
    """

    seconds: float | None
    measuring: float
    memory: int
    memory_free: int
    disk: int
    disk_free: int
    token: float | None = None

    @property
    def enough_memory(self) -> bool:
        """The memory will do."""
        return self.memory <= self.memory_free

    @property
    def enough_disk(self) -> bool:
        """The disk will do."""
        return self.disk <= self.disk_free
