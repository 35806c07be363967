"""Recipe: an arm and the model that is trained on it."""

from dataclasses import dataclass

from wvexp.arms.arm import Arm


@dataclass(frozen=True)
class Recipe:
    """What one would do with one's data; model: the name of a `ModelSpec`."""

    arm: Arm
    model: str

    @property
    def name(self) -> str:
        """Such as `pretrained-tuned window`."""
        return f"{self.arm} {self.model}"
