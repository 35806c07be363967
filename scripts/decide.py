"""What to do with your data: `python scripts/decide.py data=files data.train=... embed.path=...`"""

import time
from functools import partial

from wvexp.cli import run_command

# A budget counts from here: reading the program takes time too.
BEGAN = time.perf_counter()


def main(argv: list[str]) -> int:
    from wvexp.config.compose import run_hydra_command
    from wvexp.decision.procedure import run_decision

    run_hydra_command(partial(run_decision, began=BEGAN), argv, config_name="decide")
    return 0


if __name__ == "__main__":
    run_command(main)
