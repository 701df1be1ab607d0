"""What the installed Stripe SDK says of requests and replies, held against the stand-in's traffic.

Requests are checked on the wire against the SDK's parameter types, with open enums closed; replies
against its classes, and against Stripe's public example objects where that folder is at hand.
Reads the SDK's source, which is nobody's promise: so it lives with the tests only.
"""

import ast
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import stripe
from stripe._request_options import RequestOptions

from config.devstack.stripe_stand_in import Seen, StandIn
from tests.stripe_stand_in.reply_types import check_error, check_object
from tests.stripe_stand_in.request_types import check_form

SDK = Path(stripe.__file__).parent
OPTIONS = frozenset(RequestOptions.__annotations__)
SHARED = Path(os.environ.get("LADDBOK_SHARED", Path(__file__).parents[3] / "shared"))
FIXTURES = SHARED / "stripe" / "fixtures3.json"

# Shown by the example objects and gone since, or shown by Stripe only when asked for.
NOT_SHOWN = {
    ("invoice", "subscription"),
    ("charge", "refunds"),
}
Registry = dict[tuple[str, int], list[tuple[list[str], str, str]]]


def service_calls(source: Path) -> Iterator[tuple[str, str, str, str]]:
    """Method, path, parameter module and class of every endpoint in one service file."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    modules = {
        name.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        annotations = {arg.arg: arg.annotation for arg in function.args.args}
        for node in ast.walk(function):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if not called or node.func.attr not in {"_request", "_request_stream"}:
                continue
            words = [text for text in strings_in(annotations.get("params")) if text in modules]
            if words:
                path = strings_in(node.args[1])[0]
                yield node.args[0].value.upper(), path, modules[words[0]] or "", words[0]


def strings_in(node: ast.AST | None) -> list[str]:
    """Every string literal in a piece of source, in order."""
    found = ast.walk(node) if node is not None else ()
    return [n.value for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]


@cache
def read_registry() -> Registry:
    """Every endpoint of the SDK by method and number of path parts."""
    registry: Registry = {}
    for source in sorted(SDK.rglob("_*_service.py")):
        for method, path, module, name in service_calls(source):
            parts = path.split("/")
            registry.setdefault((method, len(parts)), []).append((parts, module, name))
    for entries in registry.values():
        entries.sort(key=lambda entry: sum(part.startswith("{") for part in entry[0]))
    return registry


def registry_size() -> int:
    """How many endpoints were found."""
    return sum(len(entries) for entries in read_registry().values())


def find_params(method: str, path: str) -> type | None:
    """The parameter type of an endpoint, or None when the SDK has no such endpoint."""
    parts = path.split("/")
    for pattern, module, name in read_registry().get((method, len(parts)), ()):
        if all(p.startswith("{") or p == part for p, part in zip(pattern, parts, strict=True)):
            params: type = getattr(import_module(module), name)
            return params
    return None


@cache
def read_fixtures() -> Mapping[str, Any]:
    """Stripe's example objects by name; none where the folder is not at hand."""
    if not FIXTURES.exists():
        return {}
    fixtures: Mapping[str, Any] = orjson.loads(FIXTURES.read_bytes())["resources"]
    return fixtures


def check_against_fixture(body: Mapping[str, Any]) -> list[str]:
    """Fields an example object has and this one has not, or has with another kind of value."""
    kind = str(body.get("object"))
    example = read_fixtures().get(kind)
    if example is None or body.get("deleted"):
        return []
    problems = []
    for name, value in example.items():
        if (kind, name) in NOT_SHOWN:
            continue
        if name not in body:
            problems.append(f"{kind}.{name}: in the example object, not in the reply")
        elif not same_kind(value, body[name]):
            problems.append(f"{kind}.{name}: {body[name]!r} where the example has {value!r}")
    return problems


def same_kind(example: Any, value: Any) -> bool:
    """True when both are of one JSON type, or one of them is null; an object may be its id."""
    if example is None or value is None or isinstance(value, dict):
        return True
    return type(example) is type(value) or isinstance(example, dict)


class Conformance:
    """Collects what does not conform; `observe` is made to be a stand-in's observer."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.tolerated: list[str] = []

    def check_request(self, method: str, path: str, form_params: Mapping[str, Any]) -> list[str]:
        """What is wrong with a request whose form was decoded to nested groups of strings."""
        params = find_params(method, path)
        if params is None:
            return [f"{method} {path}: the SDK has no such endpoint"]
        problems = check_form(form_params, params, OPTIONS)
        return [f"{method} {path}: {problem}" for problem in problems]

    def check_response(self, method: str, path: str, body: Mapping[str, Any]) -> list[str]:
        """What is wrong with a reply's body."""
        if "error" in body:
            problems = check_error(body["error"])
        else:
            items = body["data"] if body.get("object") == "list" else [body]
            problems = check_object(body, "") + [
                problem for item in items for problem in check_against_fixture(item)
            ]
        return [f"{method} {path}: {problem}" for problem in problems]

    def tolerate(self, word: str) -> None:
        """Let pass what is wrong on purpose: violations with this word in them."""
        self.tolerated.append(word)

    def observe(self, seen: Seen, body: Mapping[str, Any]) -> None:
        """Check one exchange and remember what is wrong with it."""
        self.violations += self.check_request(seen.method, seen.path, seen.params)
        self.violations += self.check_response(seen.method, seen.path, body)

    def intolerable(self) -> list[str]:
        """Every violation once, but for those let pass."""
        return [
            violation
            for violation in dict.fromkeys(self.violations)
            if not any(word in violation for word in self.tolerated)
        ]


class CheckedStandIn(StandIn):
    """A stand-in that holds every exchange against the SDK."""

    def __init__(self, **options: Any) -> None:
        self.conformance = Conformance()
        super().__init__(observer=self.conformance.observe, **options)


@contextmanager
def checked_stand_in(**options: Any) -> Iterator[CheckedStandIn]:
    """A running stand-in that fails the test when anything sent or answered does not conform."""
    read_registry()  # before there are threads: Python 3.11 may not parse in several at once
    with CheckedStandIn(**options) as stand_in:
        yield stand_in
    violations = stand_in.conformance.intolerable()
    assert not violations, "\n".join(violations)
    assert not stand_in.crashes, stand_in.crashes
