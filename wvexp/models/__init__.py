"""The models, one per file; their torch modules in `modules/`."""

from wvexp.models.bilstm import BILSTM
from wvexp.models.cnn import CNN
from wvexp.models.mean import MEAN
from wvexp.models.spec import (
    AUTO,
    MODELS,
    ModelSpec,
    check_model_for_task,
    default_model,
    spec_of,
)
from wvexp.models.window import WINDOW

__all__ = [
    "AUTO",
    "BILSTM",
    "CNN",
    "MEAN",
    "MODELS",
    "WINDOW",
    "ModelSpec",
    "check_model_for_task",
    "default_model",
    "spec_of",
]
