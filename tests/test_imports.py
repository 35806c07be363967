"""Imports run one way, heavy libraries have one door each, and `import wvexp` is quick."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import wvexp

ROOT = Path(wvexp.__file__).parent

# A module may import from its own line and from the lines above it.
LAYERS = [
    [
        *("wvexp", "wvexp.printable", "wvexp.errors", "wvexp.machine", "wvexp.seeds"),
        *("wvexp.registry", "wvexp.files", "wvexp.cli"),
    ],
    ["wvexp.config.key", "wvexp.config.arguments"],
    ["wvexp.analysis"],
    ["wvexp.backprop"],
    ["wvexp.tasks"],
    ["wvexp.data"],
    ["wvexp.metrics"],
    ["wvexp.vectors"],
    ["wvexp.arms"],
    ["wvexp.models"],
    ["wvexp.rules"],
    ["wvexp.config"],
    ["wvexp.training"],
    ["wvexp.parity"],
    ["wvexp.yardsticks"],
    ["wvexp.results"],
    ["wvexp.report"],
    ["wvexp.experiment"],
    ["wvexp.sweeps"],
    ["wvexp.decision"],
    ["wvexp.commands"],
    ["wvexp.benchmarks"],
]
MOST_AT_THE_ROOT = 8

# Who may import what, at any depth of a file.
DOORS = {
    "hydra": {"wvexp.config.compose"},
    "omegaconf": {"wvexp.config.compose"},
    "datasets": {"wvexp.data.reading.hub"},
    "gensim": {
        "wvexp.vectors.pretrained",
        "wvexp.vectors.own.training",
        "wvexp.data.world.vectors",
        "wvexp.benchmarks.vectors",
    },
    "altair": {
        "wvexp.report.style",
        "wvexp.report.score_figures",
        "wvexp.report.lr_trials_figure",
        "wvexp.report.race_figure",
        "wvexp.report.word_figures",
    },
    "sklearn": {
        "wvexp.yardsticks.regularised",
        "wvexp.yardsticks.tfidf",
        "wvexp.yardsticks.nbsvm",
    },
    "sentence_transformers": {"wvexp.yardsticks.encoder"},
    "vl_convert": {"wvexp.report.page", "wvexp.report.style"},
    "pickle": set(),
}
WITHOUT_TORCH = tuple(
    f"wvexp.{name}" for name in ("analysis", "arms", "backprop", "data", "results", "vectors")
)


def name_of(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree):
    """Names imported anywhere in a file, but for type checking alone."""
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            assert node.module is not None
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not all(name in MODULES for name in names):
                yield node.module


def layer_of(module):
    for rank, names in enumerate(LAYERS):
        for name in names:
            if module == name or (name != "wvexp" and module.startswith(f"{name}.")):
                return rank
    return None


def circles(imports):
    """Groups of modules each of which imports, over others, itself."""
    reached = {}
    for module in imports:
        todo, found = [module], set()
        while todo:
            new = {name for name in imports[todo.pop()] if name in imports} - found
            found |= new
            todo += new
        reached[module] = found
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in imports
        if module in reached[module]
    }
    return [list(group) for group in sorted(groups)]


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
IMPORTS = {
    name: set(imports_of(ast.parse(path.read_text("utf-8")))) for name, path in MODULES.items()
}


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    rank = layer_of(module)
    assert rank is not None, f"{module} stands in no layer: add it to LAYERS"
    for imported in IMPORTS[module]:
        if imported in MODULES:
            assert layer_of(imported) <= rank, f"{module} imports {imported}"


def test_no_modules_import_each_other():
    """Whether at once or within a function: a circle through a lazy import is one."""
    assert circles(IMPORTS) == []


def test_a_circle_would_be_found():
    assert circles({"a": {"b"}, "b": {"c", "os"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set(), "c": {"a", "b"}}) == []


def test_the_root_is_small():
    assert len(list(ROOT.glob("*.py"))) <= MOST_AT_THE_ROOT


def test_an_import_against_the_order_would_be_found():
    tree = ast.parse("def f():\n    from wvexp.training import run\n")
    assert "wvexp.training.run" in set(imports_of(tree))
    assert layer_of("wvexp.training.run") > layer_of("wvexp.data.corpus")


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_its_doors(library):
    users = {
        module
        for module, imported in IMPORTS.items()
        if any(name == library or name.startswith(f"{library}.") for name in imported)
    }
    assert users <= DOORS[library]


def test_hand_written_gradients_data_and_vectors_never_import_torch():
    users = [module for module in MODULES if "torch" in IMPORTS[module]]
    assert users, "the models import it"
    assert not [module for module in users if module.startswith(WITHOUT_TORCH)]


HEAVY = (
    "torch",
    "gensim",
    "datasets",
    "hydra",
    "scipy",
    "pandas",
    "numba",
    "nltk",
    "matplotlib",
    "altair",
    "sklearn",
)


@pytest.mark.parametrize(
    "module", ["wvexp", "wvexp.config.schema", "wvexp.cli", "wvexp.config.compose"]
)
def test_importing_is_quick(module):
    program = f"import sys, {module}; print(*({{*sys.modules}} & {{*{HEAVY!r}}}))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
