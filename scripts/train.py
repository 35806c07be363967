"""Train one arm: `python scripts/train.py embed=pretrained finetune=false`; `--help` lists all."""

from wvexp.cli import run_command
from wvexp.compose import run_hydra_command


def main(argv: list[str]) -> int:
    from wvexp.experiment import run_experiment

    run_hydra_command(run_experiment, argv)
    return 0


if __name__ == "__main__":
    run_command(main)
