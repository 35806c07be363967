"""Where things that can be made again are kept between runs."""

import os
from pathlib import Path


def cache_root() -> Path:
    """The cache folder: `WVEXP_CACHE`, else the platform's own. It may not exist yet."""
    named = os.environ.get("WVEXP_CACHE")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("wvexp"))
