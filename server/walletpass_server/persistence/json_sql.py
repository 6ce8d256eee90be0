"""Reading and changing JSON columns inside a statement, which SQLite and PostgreSQL spell differently."""

# ruff: noqa: S608 - what is put together are columns and bound parameters, rendered by the compiler
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, bindparam, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from walletpass_server.persistence.columns import JsonType


class _Appended(FunctionElement[Any]):
    """A JSON list (1st) with one text (2nd) more."""

    type = JsonType
    inherit_cache = True


class _Holds(FunctionElement[bool]):
    """Whether a JSON list (1st) has a text (2nd)."""

    type = Boolean()
    inherit_cache = True


class _Replaced(FunctionElement[Any]):
    """A JSON object (1st) with the keys of another (2nd) put in and those of a list (3rd) taken out."""

    type = JsonType
    inherit_cache = True


class _Picked(FunctionElement[Any]):
    """The part of a JSON object (1st) under the keys of a list (2nd), those it has."""

    type = JsonType
    inherit_cache = True


class _Differs(FunctionElement[bool]):
    """Whether the value under a key (2nd) of a JSON object (1st) is another than in an object (3rd), or one lacks."""

    type = Boolean()
    inherit_cache = True


class _TextOf(FunctionElement[str]):
    """The value under a key (2nd) of a JSON object (1st), as text."""

    type = String()
    inherit_cache = True


class _Lacks(FunctionElement[bool]):
    """Whether a JSON object (1st) has no value under a key (2nd)."""

    type = Boolean()
    inherit_cache = True


def appended(names: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """A list of words with one more."""
    return _Appended(names, literal(name))


def holds(names: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a list of words has this one."""
    return _Holds(names, literal(name))


def replaced(values: ColumnElement[Any], put: Mapping[str, Any], out: Sequence[str]) -> ColumnElement[Any]:
    """An object with some keys given new values, and some taken out."""
    return _Replaced(values, _json(dict(put)), _json(list(out)))


def picked(values: ColumnElement[Any], names: Sequence[str]) -> ColumnElement[Any]:
    """The part of an object under some keys."""
    return _Picked(values, _json(list(names)))


def differs(values: ColumnElement[Any], name: str, wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    """Whether a key has another value than `wanted` gives it; none in one of them differs too."""
    return _Differs(values, literal(name), _json({name: wanted[name]} if wanted.get(name) is not None else {}))


def text_of(values: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """The value of a key as text; NULL when it has none."""
    return _TextOf(values, literal(name))


def lacks(values: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a key has no value."""
    return _Lacks(values, literal(name))


def _json(value: object) -> ColumnElement[Any]:
    return bindparam(None, json.dumps(value, sort_keys=True), unique=True)


def _parts(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(_Appended, "sqlite")
def _(element: _Appended, compiler: SQLCompiler, **kw: Any) -> str:
    names, name = _parts(element, compiler, **kw)
    return f"json_insert({names}, '$[#]', {name})"


@compiles(_Appended, "postgresql")
def _(element: _Appended, compiler: SQLCompiler, **kw: Any) -> str:
    names, name = _parts(element, compiler, **kw)
    return f"({names} || to_jsonb(CAST({name} AS TEXT)))"


@compiles(_Holds, "sqlite")
def _(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    names, name = _parts(element, compiler, **kw)
    return f"({names} <> '[]' AND EXISTS (SELECT 1 FROM json_each({names}) WHERE value = {name}))"


@compiles(_Holds, "postgresql")
def _(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    names, name = _parts(element, compiler, **kw)
    return f"jsonb_exists({names}, CAST({name} AS TEXT))"


@compiles(_Replaced, "sqlite")
def _(element: _Replaced, compiler: SQLCompiler, **kw: Any) -> str:
    values, put, out = _parts(element, compiler, **kw)
    # Key by key: json_patch would merge what is inside the values too.
    kept = (
        f"SELECT key, type, value FROM json_each({values}) WHERE key NOT IN (SELECT key FROM json_each({put}))"
        f" AND key NOT IN (SELECT value FROM json_each({out}))"
    )
    every = f"{kept} UNION ALL SELECT key, type, value FROM json_each({put})"
    return f"(SELECT json_group_object(key, {_AS_JSON}) FROM ({every}))"


@compiles(_Replaced, "postgresql")
def _(element: _Replaced, compiler: SQLCompiler, **kw: Any) -> str:
    values, put, out = _parts(element, compiler, **kw)
    gone = f"ARRAY(SELECT jsonb_array_elements_text(CAST({out} AS JSONB)))"
    return f"(({values} || CAST({put} AS JSONB)) - {gone})"


@compiles(_Picked, "sqlite")
def _(element: _Picked, compiler: SQLCompiler, **kw: Any) -> str:
    values, names = _parts(element, compiler, **kw)
    wanted = f"SELECT value FROM json_each({names})"
    return f"(SELECT json_group_object(key, {_AS_JSON}) FROM json_each({values}) WHERE key IN ({wanted}))"


@compiles(_Picked, "postgresql")
def _(element: _Picked, compiler: SQLCompiler, **kw: Any) -> str:
    values, names = _parts(element, compiler, **kw)
    wanted = f"SELECT jsonb_array_elements_text(CAST({names} AS JSONB))"
    return (
        f"(SELECT coalesce(jsonb_object_agg(key, value), CAST('{{}}' AS JSONB)) FROM jsonb_each({values})"
        f" WHERE key IN ({wanted}))"
    )


@compiles(_Differs, "sqlite")
def _(element: _Differs, compiler: SQLCompiler, **kw: Any) -> str:
    values, name, wanted = _parts(element, compiler, **kw)
    return f"(({values} -> ('$.' || json_quote({name}))) IS NOT ({wanted} -> ('$.' || json_quote({name}))))"


@compiles(_Differs, "postgresql")
def _(element: _Differs, compiler: SQLCompiler, **kw: Any) -> str:
    values, name, wanted = _parts(element, compiler, **kw)
    path = f"CAST({name} AS TEXT)"
    return f"(({values} -> {path}) IS DISTINCT FROM (CAST({wanted} AS JSONB) -> {path}))"


@compiles(_TextOf, "sqlite")
def _(element: _TextOf, compiler: SQLCompiler, **kw: Any) -> str:
    values, name = _parts(element, compiler, **kw)
    return f"({values} ->> ('$.' || json_quote({name})))"


@compiles(_TextOf, "postgresql")
def _(element: _TextOf, compiler: SQLCompiler, **kw: Any) -> str:
    values, name = _parts(element, compiler, **kw)
    return f"({values} ->> CAST({name} AS TEXT))"


@compiles(_Lacks, "sqlite")
def _(element: _Lacks, compiler: SQLCompiler, **kw: Any) -> str:
    values, name = _parts(element, compiler, **kw)
    return f"(({values} ->> ('$.' || json_quote({name}))) IS NULL)"


@compiles(_Lacks, "postgresql")
def _(element: _Lacks, compiler: SQLCompiler, **kw: Any) -> str:
    values, name = _parts(element, compiler, **kw)
    return f"(({values} ->> CAST({name} AS TEXT)) IS NULL)"


_AS_JSON = (
    "CASE type WHEN 'object' THEN json(value) WHEN 'array' THEN json(value) WHEN 'true' THEN json('true')"
    " WHEN 'false' THEN json('false') ELSE value END"
)
"""A value of `json_each` as it was: objects stay objects, true does not become 1."""
