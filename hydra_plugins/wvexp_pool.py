"""Hydra's door to the pool: `hydra/launcher=pool`. Hydra looks for launchers in this place alone.

Hydra's state belongs to the process, so nothing of it runs in threads: the jobs are composed here,
one after another, and trained by `wvexp.sweeps` as plain runs.
"""

from collections.abc import Sequence
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict


class PoolLauncher(Launcher):
    """Hands all jobs of a sweep at once to the task's `run_jobs`."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.context, self.task, self.config = hydra_context, task_function, config
        self.folder = Path(config.hydra.sweep.dir)
        self.task.sweep_folder = self.folder  # type: ignore[attr-defined]

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        nodes, folders = [], []
        for number, overrides in enumerate(job_overrides, start=initial_job_idx):
            node = self.context.config_loader.load_sweep_config(self.config, list(overrides))
            with open_dict(node):
                node.hydra.job.id = node.hydra.job.num = number
            nodes.append(node)
            folders.append(self.folder / str(node.hydra.sweep.subdir))
        self.task.run_jobs(nodes, folders)  # type: ignore[attr-defined]
        return [
            JobReturn(overrides=overrides, cfg=node, status=JobStatus.COMPLETED)
            for overrides, node in zip(job_overrides, nodes, strict=True)
        ]


ConfigStore.instance().store(
    group="hydra/launcher",
    name="pool",
    node={"_target_": "hydra_plugins.wvexp_pool.PoolLauncher"},
    provider="wvexp",
)
