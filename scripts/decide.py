"""What to do with your data: `python scripts/decide.py data=files data.train=... embed.path=...`"""

from wvexp.cli import run_command
from wvexp.compose import run_hydra_command


def main(argv: list[str]) -> int:
    from wvexp.deciding import run_decision

    run_hydra_command(run_decision, argv, config_name="decide")
    return 0


if __name__ == "__main__":
    run_command(main)
