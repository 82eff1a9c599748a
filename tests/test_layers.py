"""An import may only point left: native <- engine <- server <- server.cli."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["native", "engine", "server", "server.cli"]
MODULES = sorted(path for top in LAYERS[:3] for path in (ROOT / top).rglob("*.py"))


def layer(module: str) -> int:
    """The layer of a dotted module name; -1 for what is not ours."""
    fits = [
        rank for rank, name in enumerate(LAYERS) if module == name or module.startswith(name + ".")
    ]
    return max(fits, default=-1)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_import_points_right(path):
    own = layer(dotted(path))
    wrong = {name for name in imports(path) if layer(name) > own}
    assert not wrong, f"{dotted(path)} imports {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_product_code_does_not_import_the_reference(path):
    if not dotted(path).startswith("engine.reference"):
        assert not {name for name in imports(path) if name.startswith("engine.reference")}


def test_pyproject_lists_every_package():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    present = {dotted(init) for top in LAYERS[:3] for init in (ROOT / top).rglob("__init__.py")}
    assert set(listed) == present
