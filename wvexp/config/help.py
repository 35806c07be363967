"""What `--help` says: every key with its meaning and default, and the options of each group."""

import textwrap

from wvexp.config.decision_checks import DECISION_KEYS, OPTIONS, REFUSED
from wvexp.config.folder import GROUPS, config_folder
from wvexp.config.options import own_options, written
from wvexp.config.schema import KEYS


def help_text(width: int, command: str = "train") -> str:
    """Every key that the command takes, with its meaning and default; the options of each group."""
    refused, some = (REFUSED, OPTIONS) if command == "decide" else (DECISION_KEYS, {})
    sweeping = "    -m to sweep" if command == "train" else ""
    lines = [f"usage: {command}.py [group=option] [key=value]...{sweeping}", "", "Groups"]
    for group in GROUPS:
        there = written(group) | own_options().get(group, {}).keys()
        options = sorted(some.get(group, there))
        lines += _entry(group, ", ".join(options), width)
    lines += ["", "Keys"]
    others = _defaults_of_options()
    for key in KEYS.values():
        if key.name.endswith(".kind") or key.name in ("model.name", "optim.name"):
            continue  # chosen by the group itself
        if key.name in refused:
            continue
        default = "null" if key.default is None else str(key.default)
        if isinstance(key.default, bool):
            default = default.lower()
        choices = f" ({', '.join(key.choices)})" if key.choices else ""
        default = "; ".join([default, *others.get(key.name, [])])
        lines += _entry(key.name, f"{key.meaning}{choices} [{default}]", width)
    return "\n".join(lines)


def _defaults_of_options() -> dict[str, list[str]]:
    """Key -> the defaults that options of its group change, such as `with optim=sgd: 0.1`."""
    import yaml

    found: dict[str, list[str]] = {}
    for group in GROUPS:
        if group == "experiment":
            continue
        of_files = {
            name: yaml.safe_load((config_folder() / group / f"{name}.yaml").read_text())
            for name in sorted(written(group))
        }
        for option, values in (of_files | own_options().get(group, {})).items():
            for name, value in values.items():
                if name not in ("kind", "name"):
                    found.setdefault(f"{group}.{name}", []).append(
                        f"with {group}={option}: {value}"
                    )
    return found


def _entry(name: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width=max(40, width - 1),
        initial_indent=f"  {name:<22} ",
        subsequent_indent=" " * 25,
        break_on_hyphens=False,
    )
