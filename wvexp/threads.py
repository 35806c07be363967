"""One thread for the libraries' own arithmetic: this project's parallelism is a run a core."""

from functools import cache


@cache
def one_blas_thread() -> None:
    """Hold BLAS to one thread in this process, NumPy's and the one that Numba calls (SciPy's).

    Two threads in a product as small as these wait for one another longer than they work: with
    two, the parity checks of a run on Brown tags took 21 % of its CPU time, with one under 1 %.
    """
    import scipy.linalg.cython_blas  # noqa: F401  loaded now, so that it is limited too
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
