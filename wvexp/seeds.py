"""One root seed, many independent named streams.

Every draw of a run comes from a stream named after what it decides, so that changing one
(say, the number of epochs) leaves the others (say, the training subset) as they were.
"""

import zlib

import numpy as np


def stream(seed: int, name: str, *index: int) -> np.random.Generator:
    """A generator that depends on `seed`, `name` and `index` alone.

    Parameters
    ----------
    seed
        The root seed of the run, 0 or more.
    name
        What the draws decide: `"subset"`, `"init"`, `"order"`, `"dropout"`, ...
    index
        Further coordinates, such as the epoch.
    """
    key = (zlib.crc32(name.encode()), *index)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
