"""One thread for the libraries' own arithmetic: this project's parallelism is a run a core."""

from threadpoolctl import threadpool_limits


def one_blas_thread() -> None:
    """Keep every BLAS in the process to one thread, from now on.

    Two threads in a product as small as these wait for one another longer than they work: with
    two, the parity checks of a run on Brown tags took 21 % of its CPU time, with one under 1 %.
    """
    threadpool_limits(1, user_api="blas")
