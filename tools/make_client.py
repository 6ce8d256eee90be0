"""
Make walletpass/client/api from the OpenAPI document: a function for each route, a class for each answer.

    python tools/make_client.py            write the files
    python tools/make_client.py --check    write nothing; exit status 1 if they are not in step
"""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, indent
from typing import Any

from walletpass_server.api.document import build
from walletpass_server.api.routes import api

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "walletpass/client/api"
SHARED = "shared"
LONGEST_CHOICE = 8
"""Words of an enumeration that are written out as a type; longer ones would hide everything else."""
ABOUT = """\
\"""
{about}

Made by tools/make_client.py from the OpenAPI document: change that, never this.
\"""
"""
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
FORMATS = {"date-time": "datetime", "date": "date"}
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function: where its value goes."""

    name: str
    sent_as: str
    where: str
    kind: str
    required: bool
    about: str

    @property
    def argument(self) -> str:
        return self.name + "_" * keyword.iskeyword(self.name)

    @property
    def declared(self) -> str:
        return f"{self.argument}: {self.kind}" if self.required else f"{self.argument}: {self.kind} | None = None"


class Maker:
    """Everything that is written, from one document."""

    def __init__(self, document: Json) -> None:
        self.schemas: Json = document["components"]["schemas"]
        self.operations: dict[str, list[tuple[str, str, Json]]] = {}
        for path, methods in document["paths"].items():
            for method, operation in sorted(methods.items()):
                self.operations.setdefault(operation["tags"][0], []).append((path, method.upper(), operation))
        self.homes: dict[str, str] = {}
        for tag, operations in self.operations.items():
            for _, _, operation in operations:
                for name in self._needed(operation):
                    self.homes[name] = tag if self.homes.get(name, tag) == tag else SHARED

    def files(self) -> dict[str, str]:
        """File name to text, before it is put into form."""
        tags = sorted(self.operations)
        found = {"__init__.py": _head("A function for each route of the API, in a module for each resource.")}
        found[f"{SHARED}.py"] = self._module(SHARED, "Answers that several resources give.")
        for tag in tags:
            found[f"{tag}.py"] = self._module(tag, f"Routes of the API: {tag}.")
        return found

    def _module(self, home: str, about: str) -> str:
        names = sorted(name for name, at in self.homes.items() if at == home)
        shapes = [self._shape(name) for name in self._ordered(names)]
        calls = [self._function(*each) for each in self.operations.get(home, [])]
        code = "\n\n".join([*shapes, *calls])
        head = _head(about) + "\nfrom __future__ import annotations\n\n"
        return head + "".join(self._imports(home, code)) + "\n\n" + code + "\n"

    def _imports(self, home: str, code: str) -> Iterator[str]:
        words = set(re.findall(r"\w+", code))
        yield "from collections.abc import Mapping, Sequence\nfrom datetime import date, datetime\n"
        yield "from typing import Any, Literal, NotRequired, TypedDict\n\n"
        yield "from walletpass.client.call import Answer, Call, Page, call, etag, text\n"
        shared = [name for name, at in self.homes.items() if at == SHARED and name in words]
        if shared and home != SHARED:
            yield f"from walletpass.client.api.{SHARED} import {', '.join(sorted(shared))}\n"

    def _shape(self, name: str) -> str:
        schema = self.schemas[name]
        asked = name in self._asked()
        lines = [
            f"class {name}({'TypedDict' if asked else 'Answer'}):",
            f'    """{schema.get("description", name)}"""',
            "",
        ]
        required = schema.get("required", [])
        for key, told in schema["properties"].items():
            kind = self._type(told, asked)
            if asked:
                lines.append(f"    {key}: {kind if key in required else f'NotRequired[{kind}]'}")
            else:
                lines.append(f"    {key}: {kind}" + ("" if key in required else " = None"))
            if about := told.get("description"):
                lines.append(indent(fill(f'"""{about}"""', 110), "    "))
        return "\n".join(lines) + "\n"

    def _function(self, path: str, method: str, operation: Json) -> str:
        parameters = list(self._parameters(operation))
        body = operation.get("requestBody", {}).get("content", {})
        raw = bool(body) and "application/json" not in body
        answer, read = self._answer(operation)
        first = [each for each in parameters if each.where == "path"]
        others = sorted((each for each in parameters if each.where != "path"), key=_order)
        declared = [each.declared for each in first]
        if others or raw:
            declared += ["*", *(["body: bytes"] if raw else []), *(each.declared for each in others)]
        about = operation["summary"] + "."
        if more := operation.get("description"):
            about += "\n\n" + more
        explained = "".join(
            fill(f"{each.argument}: {each.about}", 104, initial_indent="    ", subsequent_indent="        ") + "\n"
            for each in [*first, *others]
            if each.about
        )
        if raw:
            explained = "    body: The file.\n" + explained
        if explained:
            about += f"\n\nArgs:\n{explained}"
        doc = f'"""{about}"""' if "\n" not in about else f'"""\n{about.rstrip()}\n"""'
        given = [f'"{method}"', f'"{path}"', read]
        for what, where in (("at", "path"), ("query", "query"), ("headers", "header"), ("body", "body")):
            told = ", ".join(f'"{each.sent_as}": {_value(each)}' for each in parameters if each.where == where)
            if told:
                given.append(f"{what}={{{told}}}")
        if raw:
            given.append("body=body")
        head = f"def {operation['operationId']}({', '.join(declared)}) -> Call[{answer}]:"
        return f"{head}\n{indent(doc, '    ')}\n    return call({', '.join(given)})\n"

    def _parameters(self, operation: Json) -> Iterator[Parameter]:
        headers = set()
        for each in operation.get("parameters", []):
            name = each["name"].lower().replace("-", "_")
            headers.add(name)
            kind = self._type(each["schema"], True)
            if name == "if_match":
                kind = "str | int"
            about = each.get("description", "")
            if name == "idempotency_key":
                about = "Names this request; made up by default. The same again within 30 days changes nothing."
            yield Parameter(name, each["name"], each["in"], kind, each["required"], about)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if name := _named(content["schema"]):
                schema = self.schemas[name]
                for key, told in schema["properties"].items():
                    if key not in headers:
                        required = key in schema.get("required", [])
                        kind = self._type(told, True).removesuffix(" | None")
                        yield Parameter(key, key, "body", kind, required, told.get("description", ""))

    def _answer(self, operation: Json) -> tuple[str, str]:
        (good,) = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
        (media_type, content), *_ = good["content"].items()  # the first comes unasked
        if _named(content["schema"]):
            kind = self._type(content["schema"], False)
            return kind, f"{kind}.model_validate_json"
        is_text = media_type.startswith("text/") or media_type == "image/svg+xml"
        return ("str", "text") if is_text else ("bytes", "bytes")

    def _type(self, schema: Json, asked: bool) -> str:
        if name := _named(schema):
            if name.startswith("Page_"):
                return f"Page[{name.removeprefix('Page_').removesuffix('_')}]"
            return name
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self._type(each, asked) for each in schema["anyOf"]))
        if "const" in schema or "enum" in schema:
            words = schema.get("enum", [schema.get("const")])
            return f"Literal[{', '.join(repr(word) for word in words)}]" if len(words) <= LONGEST_CHOICE else "str"
        kind = schema.get("type")
        if kind == "array":
            return f"{'Sequence' if asked else 'list'}[{self._type(schema.get('items', {}), asked)}]"
        if kind == "object":
            values = schema.get("additionalProperties", True)
            inner = self._type(values, asked) if isinstance(values, dict) else "Any"
            return f"{'Mapping' if asked else 'dict'}[str, {inner}]"
        return FORMATS.get(schema.get("format", ""), PLAIN[kind]) if isinstance(kind, str) else "Any"

    def _needed(self, operation: Json) -> set[str]:
        """Shapes that an operation's function names: bodies are taken apart into arguments, pages are generic."""
        tops = [_named(content["schema"]) for content in operation.get("requestBody", {}).get("content", {}).values()]
        answers = [
            _named(content["schema"])
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for content in answer.get("content", {}).values()
        ]
        found: set[str] = set()
        for name in filter(None, tops):
            found |= set(self._within(name))
        for name in filter(None, answers):
            found |= {name, *self._within(name)}
        return {name for name in found if not name.startswith("Page_")}

    def _within(self, name: str) -> Iterator[str]:
        for inner in _references(self.schemas[name]):
            yield inner
            yield from self._within(inner)

    def _asked(self) -> set[str]:
        """Shapes inside of bodies."""
        return {
            inner
            for operations in self.operations.values()
            for _, _, operation in operations
            for content in operation.get("requestBody", {}).get("content", {}).values()
            if (name := _named(content["schema"]))
            for inner in self._within(name)
        }

    def _ordered(self, names: list[str]) -> list[str]:
        """Shapes after those they are made of: pydantic reads them in order."""
        found: list[str] = []
        for name in names:
            for each in (*reversed(list(self._within(name))), name):
                if each in names and each not in found:
                    found.append(each)
        return found


def _head(about: str) -> str:
    return ABOUT.format(about=about)


def _order(each: Parameter) -> tuple[bool, bool]:
    """Required ones first; headers, which say how and not what, last."""
    return not each.required, each.where == "header"


def _value(each: Parameter) -> str:
    return f"etag({each.argument})" if each.name == "if_match" else each.argument


def _named(schema: Json) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield _named(schema)
        for key, value in schema.items():
            if key != "examples":
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def in_form(files: Mapping[str, str]) -> dict[str, str]:
    """As ruff writes them."""
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, "utf-8")
        for command in (["check", "--fix-only", "--select", "F401,I"], ["format"]):
            ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", str(ROOT / "pyproject.toml"), folder]
            subprocess.run(ruff, check=True)  # noqa: S603
        return {name: (Path(folder) / name).read_text("utf-8") for name in files}


def main() -> int:
    """Exit status 1 when --check finds a difference."""
    made = in_form(Maker(build(api())).files())
    there = {path.name: path.read_text("utf-8") for path in TARGET.glob("*.py")}
    if "--check" in sys.argv:
        differing = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
        if differing:
            sys.stderr.write(f"{', '.join(differing)}: not in step with the API: run python tools/make_client.py\n")
        return 1 if differing else 0
    for name in there.keys() - made.keys():
        (TARGET / name).unlink()
    for name, text in made.items():
        (TARGET / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
