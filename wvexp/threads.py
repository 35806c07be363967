"""One thread for the libraries' own arithmetic: this project's parallelism is a run a core."""

from threadpoolctl import threadpool_limits


def one_blas_thread() -> None:
    """Keep every BLAS in the process to one thread, from now on.

    Two threads in a product as small as these wait for one another longer than they work: on a
    busy machine a vector's norm took 6 ms instead of 0.03.
    """
    threadpool_limits(1, user_api="blas")
