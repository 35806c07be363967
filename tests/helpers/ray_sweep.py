"""A sweep on two nodes of Ray, one of them killed in the middle: `python ray_sweep.py STORE SEEDS`.

A program of its own: Ray forks, which other libraries of a test session do not take well.
"""

import sys
from pathlib import Path

import ray
from ray.cluster_utils import Cluster
from tiny_sweeps import make_grid, make_inputs

from wvexp.results.store import Store
from wvexp.sweeps import cluster
from wvexp.sweeps.cluster import on_ray
from wvexp.sweeps.run import Silent, run_sweep

# Loopback addresses, of which Ray replaces 127.0.0.1 alone by that of the machine.
HEAD, OTHER = "127.0.0.2", "127.0.0.3"


class KillAfter(Silent):
    """Takes a node away once some runs are done."""

    def __init__(self, runs, kill):
        self.left, self.kill = runs, kill

    def done(self, result):
        self.left -= 1
        if self.left == 0:
            self.kill()


def main(path, seeds):
    cluster._RAY_SECONDS = 0.2  # many tasks, so that some are under way
    options = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    nodes = Cluster(
        initialize_head=True,
        head_node_args={**options, "node_ip_address": HEAD, "include_dashboard": False},
    )
    try:
        second = nodes.add_node(**options, node_ip_address=OTHER)
        ray.init(address=nodes.address, _node_ip_address=HEAD, log_to_driver=False)
        assert ray.cluster_resources()["CPU"] == 2
        killer = KillAfter(3, lambda: nodes.remove_node(second, allow_graceful=False))
        inputs = make_inputs()
        runs = make_grid(inputs, seeds=seeds).runs()
        outcome = run_sweep(runs, inputs, Store(path), dispatch=on_ray(), progress=killer)
        assert killer.left < 0
        print(f"{outcome.done} done, {len(outcome.failed)} failed")
    finally:
        ray.shutdown()
        nodes.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
