"""
The OpenAPI document, made from the routes themselves.

Litestar describes the parameters. Bodies are described by pydantic, exactly as it checks them; problems by what each
handler says that it refuses.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, get_args, get_origin

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.routes import HTTPRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from walletpass import __version__, errors
from walletpass_server.api.guard import SCOPE
from walletpass_server.api.problems import MEDIA_TYPE, TYPES, Problem, status_of, type_of

Json = dict[str, Any]
Mode = tuple[type[BaseModel], Literal["validation", "serialization"]]
"""A shape, as it is asked for or as it is answered."""

_REF = "#/components/schemas/{model}"
_ABOUT = """\
Everything that can be done on the platform.

Send a key as `Authorization: Bearer wp_…`. A key is made for test or for production; what belongs to the other
environment, or to another client, does not exist for it. Lists come in pages: `next` of one is `cursor` of the
following. What goes wrong is told as problem+json, in French or English by `Accept-Language`.
"""
_EVERYWHERE: Sequence[type[errors.WalletPassError]] = (
    errors.KeyRefused,
    errors.ScopeMissing,
    errors.TooManyRequests,
    errors.UsageError,
    errors.DatabaseBusy,
    errors.DatabaseUnavailable,
    errors.WriterBusy,
)
_WITH_BODY: Sequence[type[errors.WalletPassError]] = (errors.RequestUnreadable, errors.RequestInvalid)
_TEXT = {"schema": {"type": "string"}}
_HEADERS: Mapping[str, Json] = {
    "ETag": {"description": "Its version, for If-Match.", **_TEXT},
    "Retry-After": {"description": "Seconds to wait.", **_TEXT},
    "WWW-Authenticate": {"description": "How to send a key.", **_TEXT},
    "RateLimit-Limit": {"description": "Requests in a minute.", **_TEXT},
    "RateLimit-Remaining": {"description": "Requests that may come at once now.", **_TEXT},
    "RateLimit-Reset": {"description": "Seconds until that is everything again.", **_TEXT},
}
_PACE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_WITH_HEADER = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", *_PACE),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
_FOUND_BY: Mapping[str, Mapping[str, str]] = {
    "PassOut": {"pass_id": "id"},
    "TokenMade": {"token_id": "id"},
    "TokenOut": {"token_id": "id"},
    "OperationOut": {"operation_id": "id"},
    "RunOut": {"run_id": "id"},
    "ImportOut": {"import_id": "id"},
    "KeyOut": {"key_id": "id"},
    "HookOut": {"hook_id": "id"},
    "CredentialOut": {"credential_id": "id"},
    "AssetOut": {"asset_id": "id"},
    "MatrixOut": {"name": "name", "version": "version"},
    "ModelOut": {"name": "name"},
}
"""Answers to the path parameters that they give values for: where to go on from them."""


def build(router: Router) -> Json:
    """
    The document of a router.

    Args:
        router: Its handlers say in `opt` what `guard` and this module read: the `scope` they need, which errors they
            refuse with (`refuses`), the media type of a raw body (`takes`) and of the answer (`answers`), another that
            can be asked for (`answers_also`), and whether the answer is `tagged` with its version.
    """
    config = OpenAPIConfig(title="walletpass", version=__version__)
    app = Litestar(
        [router],
        dependencies={"on": Provide(_nothing, sync_to_thread=False)},
        openapi_config=config,
        logging_config=None,  # or the logs of the whole process change
    )
    drawn = app.openapi_schema.to_schema()["paths"]
    handlers = dict(_handlers(app))
    shapes: set[Mode] = {(Problem, "serialization")}
    shapes.update(shape for handler in handlers.values() for shape in _shapes(handler))
    names, schemas = models_json_schema(sorted(shapes, key=repr), ref_template=_REF)
    paths: dict[str, Json] = {}
    for (path, method), handler in handlers.items():
        parameters = drawn[path][method].get("parameters", [])
        paths.setdefault(path, {})[method] = _operation(handler, parameters, names)
    _link(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "walletpass", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key: `wp_…`."}},
        },
    }


def refusals(handler: HTTPRouteHandler) -> dict[HTTPStatus, list[str]]:
    """The problems that a handler may answer with: status to their types."""
    found: dict[HTTPStatus, set[str]] = {}
    kinds = [*handler.opt.get("refuses", ())]
    if handler.opt[SCOPE] is not None:
        kinds += _EVERYWHERE
    if "idempotency_key" in inspect.signature(handler.fn).parameters:
        kinds.append(errors.IdempotencyKeyReused)
    kinds.append(errors.RequestInvalid)
    if _body(handler) is not None or "takes" in handler.opt:
        kinds += _WITH_BODY
        found[HTTPStatus.REQUEST_ENTITY_TOO_LARGE] = {"content-too-large"}
    for kind in kinds:
        found.setdefault(status_of(kind), set()).add(type_of(kind))
    return {status: sorted(found[status]) for status in sorted(found)}


def _operation(handler: HTTPRouteHandler, parameters: list[Json], names: Mapping[Any, Json]) -> Json:
    summary, _, more = (inspect.getdoc(handler.fn) or "").partition("\n")
    operation: Json = {
        "operationId": handler.fn.__name__,
        "tags": [handler.fn.__module__.rpartition(".")[2]],
        "summary": summary.rstrip("."),
    }
    if more.strip():
        operation["description"] = more.strip()
    if handler.opt[SCOPE] is None:
        operation["security"] = []
    else:
        operation["x-scope"] = handler.opt[SCOPE]
    if parameters:
        operation["parameters"] = [_parameter(each) for each in parameters]
    body = _body(handler)
    if body is not None:
        content = {"application/json": {"schema": names[body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif "takes" in handler.opt:
        operation["requestBody"] = {"required": True, "content": {handler.opt["takes"]: {"schema": {}}}}
    operation["responses"] = {str(handler.status_code): _answer(handler, names)}
    for status, types in refusals(handler).items():
        operation["responses"][str(int(status))] = _refusal(status, types, names)
    return operation


def _answer(handler: HTTPRouteHandler, names: Mapping[Any, Json]) -> Json:
    shape = _answered(handler)
    media_type = handler.opt.get("answers", "application/json")
    schema = names[shape, "serialization"] if shape is not None else {}
    tags = ["ETag"] if handler.opt.get("tagged") else []
    headers = {name: _HEADERS[name] for name in (*tags, *(_PACE if handler.opt[SCOPE] else ()))}
    summary = HTTPStatus(handler.status_code).phrase
    content: Json = {media_type: {"schema": schema}}
    if also := handler.opt.get("answers_also"):
        content[also] = {"schema": {}}
    return {"description": summary, "headers": headers, "content": content}


def _refusal(status: HTTPStatus, types: list[str], names: Mapping[Any, Json]) -> Json:
    answer: Json = {
        "description": ", ".join(f"[{name}]({TYPES}{name})" for name in types),
        "content": {MEDIA_TYPE: {"schema": names[Problem, "serialization"]}},
    }
    if status in _WITH_HEADER:
        answer["headers"] = {name: _HEADERS[name] for name in _WITH_HEADER[status]}
    return answer


def _parameter(drawn: Json) -> Json:
    """A parameter as Litestar draws it, without what is so anyway. None means here that it is left out."""
    schema = drawn["schema"]
    if "oneOf" in schema:
        (given,) = (each for each in schema["oneOf"] if each.get("type") != "null")
        outer = {key: value for key, value in schema.items() if key != "oneOf"}
        schema = {**given, **outer}
    kept = {key: drawn[key] for key in ("name", "in", "description") if drawn.get(key)}
    return {**kept, "required": drawn["required"], "schema": schema}


def _link(paths: Mapping[str, Json]) -> None:
    """From each answer to what can be asked about it, by the parameters that it gives."""
    for operations in paths.values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    name = content["schema"].get("$ref", "").rpartition("/")[2]
                    links = dict(_links(paths, _FOUND_BY.get(name, {})))
                    if links:
                        answer["links"] = links


def _links(paths: Mapping[str, Json], given: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    for path, operations in paths.items():
        for operation in operations.values():
            needed = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            own = "name" not in needed or path.startswith("/v1/matrices") == ("version" in given)
            if needed and needed == set(given) and own:
                parameters = {f"path.{name}": f"$response.body#/{given[name]}" for name in sorted(needed)}
                yield operation["operationId"], {"operationId": operation["operationId"], "parameters": parameters}


def _handlers(app: Litestar) -> Iterator[tuple[tuple[str, str], HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if SCOPE in handler.opt and handler.include_in_schema:
                    for method in handler.http_methods:
                        yield (route.path_format, method.lower()), handler


def _shapes(handler: HTTPRouteHandler) -> Iterator[Mode]:
    body, answered = _body(handler), _answered(handler)
    if body is not None:
        yield body, "validation"
    if answered is not None:
        yield answered, "serialization"


def _body(handler: HTTPRouteHandler) -> type[BaseModel] | None:
    field = handler.parsed_data_field
    return field.annotation if field is not None else None


def _answered(handler: HTTPRouteHandler) -> type[BaseModel] | None:
    found = handler.parsed_return_field.annotation
    if get_origin(found) is Response:
        (found,) = get_args(found)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _nothing() -> None:
    """Stands for what handlers are given; no request is answered here."""
