"""The kinds of task, one per file."""

from wvexp.tasks.kind import TASKS, TaskKind, kind_of_text
from wvexp.tasks.sentence import SENTENCE, SentenceTask
from wvexp.tasks.token import TOKEN, TokenTask

__all__ = [
    "SENTENCE",
    "TASKS",
    "TOKEN",
    "SentenceTask",
    "TaskKind",
    "TokenTask",
    "kind_of_text",
]
