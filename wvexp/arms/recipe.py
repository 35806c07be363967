"""Recipe: an arm over one vector file, and the model that is trained on it."""

from dataclasses import dataclass

from wvexp.arms.arm import Arm


@dataclass(frozen=True)
class Recipe:
    """What one would do with one's data.

    model    the name of a `ModelSpec`
    vectors  short name of the vector file; empty where there is but one
    """

    arm: Arm
    model: str
    vectors: str = ""

    @property
    def name(self) -> str:
        """Such as `mean pretrained-tuned`, or `mean pretrained-tuned (glove.6B.100d)`."""
        file = f" ({self.vectors})" if self.vectors and self.arm.looks_up else ""
        return f"{self.model} {self.arm}{file}"
