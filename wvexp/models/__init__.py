"""The models, one per file; their torch modules in `modules/`."""

from wvexp.models.cnn import CNN
from wvexp.models.mean import MEAN
from wvexp.models.spec import AUTO, MODELS, ModelSpec, check_model_for_task, default_model
from wvexp.models.window import WINDOW

__all__ = [
    "AUTO",
    "CNN",
    "MEAN",
    "MODELS",
    "WINDOW",
    "ModelSpec",
    "check_model_for_task",
    "default_model",
]
