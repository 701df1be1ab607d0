"""The house budget: sizes, complexity and what is not done here at all."""

from __future__ import annotations

import ast
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_PRODUCT = {"tests", "bench", "migrations", ".venv", ".laddbok", "locale"}


@cache
def product_files() -> tuple[Path, ...]:
    """Every Python file git knows, but for tests, benchmarks and migrations."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return tuple(ROOT / f for f in listed if not NOT_PRODUCT & set(Path(f).parts))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in product_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]


def test_files_stay_small() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in product_files()}
    assert {str(p): n for p, n in sizes.items() if n > 400} == {}
    assert statistics.median(sizes.values()) <= 100
    assert percentile(list(sizes.values()), 0.9) <= 250


def test_functions_stay_small() -> None:
    sizes = {f"{path.relative_to(ROOT)}:{f.name}": length(f) for path, f in functions()}
    assert {name: n for name, n in sizes.items() if n > 60} == {}
    assert percentile(list(sizes.values()), 0.9) <= 30


def test_there_are_no_signal_receivers() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("django.dispatch", "django.db.models.signals"))
    ]
    assert found == []


def test_no_model_overrides_save() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and any(
            ast.unparse(base).endswith(("Model", "TenantRecord", "User")) for base in node.bases
        )
        and any(isinstance(f, ast.FunctionDef) and f.name == "save" for f in node.body)
    ]
    assert found == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in product_files()
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_only_the_gateway_imports_stripe() -> None:
    guilty = []
    for path in product_files():
        for node in ast.walk(tree(path)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if any(n == "stripe" or n.startswith("stripe.") for n in names):
                guilty.append(str(path.relative_to(ROOT)))
    assert all(p.startswith("billing/stripe_gateway") for p in guilty)


def test_no_floats_in_money() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        # Sizes on paper are no money.
        if path.relative_to(ROOT).parts[0] == "billing" and path.name != "style.py"
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert guilty == []
