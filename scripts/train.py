"""Train one arm, or a sweep: `train.py embed=pretrained finetune=false`; `--help` lists all."""

from wvexp.cli import run_command


def main(argv: list[str]) -> int:
    from wvexp.config.compose import run_hydra_command
    from wvexp.sweeps.jobs import run_jobs
    from wvexp.sweeps.session import run_config

    run_hydra_command(run_config, argv, sweep=run_jobs)
    return 0


if __name__ == "__main__":
    run_command(main)
