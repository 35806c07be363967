"""The kinds of task, one per file."""

from wvexp.tasks.kind import TASKS, TaskKind, check_balanced, kind_of_text
from wvexp.tasks.multilabel import MULTILABEL, MultilabelTask
from wvexp.tasks.regression import REGRESSION, RegressionTask
from wvexp.tasks.sentence import SENTENCE, SentenceTask
from wvexp.tasks.token import TOKEN, TokenTask

__all__ = [
    "MULTILABEL",
    "REGRESSION",
    "SENTENCE",
    "TASKS",
    "TOKEN",
    "MultilabelTask",
    "RegressionTask",
    "SentenceTask",
    "TaskKind",
    "TokenTask",
    "check_balanced",
    "kind_of_text",
]
