"""What went wrong, as problem+json (RFC 9457). Statuses are those of all doors, from `http.failures`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from pydantic import ConfigDict, Field

from walletpass import errors
from walletpass_server.api.french import in_french
from walletpass_server.api.languages import Language, field_says, language_of, value_says
from walletpass_server.api.shapes import Shape
from walletpass_server.http import failures

MEDIA_TYPE = "application/problem+json"
TYPES = "/v1/problems/"
"""Where each type of problem is explained."""

TITLES: Mapping[str, tuple[str, str]] = {
    "key-refused": ("No key that is good", "Aucune clé valable"),
    "scope-missing": ("The key may not do this", "La clé ne le permet pas"),
    "too-many-requests": ("Too many requests", "Trop de requêtes"),
    "request-unreadable": ("The body cannot be read", "Le corps est illisible"),
    "request-invalid": ("Fields do not fit", "Des champs ne conviennent pas"),
    "version-differs": ("Somebody changed it meanwhile", "Modifié entre-temps"),
    "version-needed": ("Say which version you mean", "Précisez la version"),
    "not-found": ("There is none such", "Introuvable"),
    "usage-error": ("The request makes no sense", "La requête n'a pas de sens"),
    "not-storable": ("A value that cannot be kept", "Une valeur qui ne peut être conservée"),
    "document-error": ("The document is not valid", "Le document n'est pas valide"),
    "credentials-error": ("The credentials are not valid", "Les certificats ne sont pas valides"),
    "table-error": ("The table is not valid", "Le tableau n'est pas valide"),
    "model-error": ("The Model is not valid", "Le Modèle n'est pas valide"),
    "matrix-error": ("The Matrix is not valid", "La Matrice n'est pas valide"),
    "operation-error": ("The operation is not valid", "L'opération n'est pas valide"),
    "scenario-error": ("The events cannot be played", "Les événements ne peuvent être joués"),
    "values-error": ("Values do not fit the Model", "Des valeurs ne conviennent pas au Modèle"),
    "condition-error": ("A condition gave no answer", "Une condition est restée sans réponse"),
    "event-error": ("The event does not fit the Matrix", "L'événement ne convient pas à la Matrice"),
    "picture-error": ("A picture cannot be used", "Une image est inutilisable"),
    "barcode-error": ("The barcode cannot carry its message", "Le code-barres ne peut porter son message"),
    "bundle-error": ("The pass cannot be built", "Le pass ne peut être construit"),
    "mapping-rejected": ("A wallet cannot show this", "Un portefeuille ne peut l'afficher"),
    "signing-error": ("The certificate or key cannot be used", "Le certificat ou la clé est inutilisable"),
    "google-error": ("Google's credentials cannot be used", "Les accès Google sont inutilisables"),
    "lifecycle-error": ("It cannot be done now", "Impossible pour l'instant"),
    "wallet-stopped": ("The wallet is switched off", "Le portefeuille est arrêté"),
    "operation-closed": ("Outside its period", "Hors de la période"),
    "operation-ended": ("The operation has ended", "L'opération est terminée"),
    "instant-passed": ("The instant is due already", "L'échéance est passée"),
    "pass-void": ("The pass is void", "Le pass est annulé"),
    "run-over": ("The run has ended", "L'exécution est terminée"),
    "token-revoked": ("The token was revoked", "Le jeton a été révoqué"),
    "token-needed": ("Each pass is personal", "Chaque pass est personnel"),
    "too-many-passes": ("Too many passes", "Trop de pass"),
    "credential-unfit": ("This credential cannot be used here", "Ce certificat ne convient pas ici"),
    "quota-reached": ("The quota is used up", "Le quota est atteint"),
    "production-refused": ("Not ready for production", "Pas prêt pour la production"),
    "not-transferable": ("These passes cannot be handed over", "Ces pass ne sont pas transférables"),
    "archive-unreadable": ("The archive cannot be read", "L'archive est illisible"),
    "key-over": ("The key has a successor, or is revoked", "La clé est remplacée ou révoquée"),
    "upload-out-of-step": ("The part does not follow on", "La partie ne s'enchaîne pas"),
    "hook-loop": ("Two systems answer each other", "Deux systèmes se répondent"),
    "idempotency-key-reused": ("Another request with the same key", "Autre requête avec la même clé"),
    "database-busy": ("Busy: try again", "Occupé : réessayez"),
    "database-unavailable": ("Out of order for a moment", "Momentanément hors service"),
    "schema-outdated": ("The server is being updated", "Le serveur est en cours de mise à jour"),
    "writer-busy": ("Busy: try again", "Occupé : réessayez"),
    "method-not-allowed": ("Not by this method", "Pas par cette méthode"),
    "content-too-large": ("The body is too large", "Le corps est trop grand"),
    "unsupported-media-type": ("Not this kind of body", "Type de corps non admis"),
    "internal-server-error": ("A fault of the server", "Une erreur du serveur"),
}
"""Each type of problem, in English and French; the last part of its address."""

_FAULT: Any = {"pointer": "/subject/serial", "code": "missing", "detail": "is missing"}
_UPLOADED: Mapping[type[errors.WalletPassError], HTTPStatus] = {
    errors.SigningError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.GoogleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BundleError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Elsewhere the server's own; here the caller's credentials, Models and pictures are at fault."""
_BROKEN = "A fault of the server; its log tells more."
_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "request-unreadable",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "content-too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
}


class FaultOut(Shape):
    """A field at fault."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FAULT]})

    pointer: str | None = None
    """Where in the body (JSON pointer)."""
    parameter: str | None = None
    """Or which parameter."""
    code: str
    detail: str
    """In French or English, by Accept-Language."""


class Problem(Shape):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/v1/problems/request-invalid",
                    "title": "Fields do not fit",
                    "status": 422,
                    "detail": "the request does not fit: see errors, one for each field",
                    "errors": [_FAULT],
                }
            ]
        }
    )

    type: Annotated[str, Field(pattern=r"^/v1/problems/[a-z-]+$")]
    """Its kind: an address that explains it."""
    title: str
    """In French or English, by Accept-Language."""
    status: int
    detail: str
    """What happened, where, and what to do next; in French or English, by Accept-Language."""
    original: str | None = None
    """The same in English with the particulars, where `detail` is but a general sentence in French."""
    errors: list[FaultOut] | None = None
    """One for each field at fault."""


def status_of(error: type[errors.WalletPassError]) -> HTTPStatus:
    """The status of an error here."""
    for kind, status in _UPLOADED.items():
        if issubclass(error, kind):
            return status
    return failures.status_of_type(error)


def type_of(error: type[errors.WalletPassError]) -> str:
    """The type of problem of an error: its own name or that of the nearest ancestor which has a title."""
    names = (failures.name_of(kind) for kind in error.__mro__)
    return next((name for name in names if name in TITLES), "internal-server-error")


def detail_of(name: str, error: errors.WalletPassError, language: Language) -> tuple[str, bool]:
    """What a problem of a type says in a caller's language, and whether that is all that the error does."""
    if language == "en":
        return str(error), True
    if isinstance(error, errors.ValuesError):
        return "; ".join(f"{name} : {value_says(what, language)}" for name, what in error.problems.items()), True
    return in_french(name, str(error))


def refused(request: Request[Any, Any, Any], error: errors.WalletPassError) -> Response[Any]:
    """The answer to an error of walletpass."""
    status = status_of(type(error))
    failures.note(request, error, status)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer(request, status, "internal-server-error", errors.WalletPassError(_BROKEN))
    return _answer(request, status, type_of(type(error)), error, _headers(error, status))


def refused_by_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The answer to what Litestar refuses: a parameter, a body that is no JSON or too large."""
    found = getattr(error, "extra", None)
    if error.status_code == HTTPStatus.BAD_REQUEST and isinstance(found, list):
        pydantic = getattr(error.__cause__, "errors", None)
        return refused(request, errors.RequestInvalid(pydantic if isinstance(pydantic, list) else _parameters(found)))
    status = HTTPStatus(error.status_code)
    failures.note(request, error, status)
    name = _BY_STATUS.get(status, "internal-server-error")
    says = status.description or status.phrase
    if name == "request-unreadable":
        says = "the body cannot be read as JSON: check its syntax and its encoding"
    return _answer(request, status, name, errors.WalletPassError(says), error.headers)


def unreadable(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """The answer to a body that is no UTF-8 or nested without end: Litestar passes on what its decoder raises."""
    return refused(request, errors.RequestUnreadable("the body cannot be read as JSON: check its encoding and depth"))


def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a fault of the program."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    failures.note(request, error, status)
    return _answer(request, status, "internal-server-error", errors.WalletPassError(_BROKEN))


HANDLERS: ExceptionHandlersMap = {
    errors.WalletPassError: refused,
    HTTPException: refused_by_framework,
    UnicodeDecodeError: unreadable,
    RecursionError: unreadable,
    Exception: broken,
}
"""For every route of the API."""


def _parameters(found: list[Any]) -> list[dict[str, object]]:
    """What Litestar says of parameters, in the form of pydantic's errors."""
    faults: list[dict[str, object]] = []
    for each in found:
        source, name = str(each.get("source", "query")), str(each.get("key", ""))
        if name == "data":
            faults.append({"type": "body_missing", "loc": (), "msg": ""})
            continue
        why = str(each.get("message", "")).replace("`", "")
        faults.append({"type": "parameter", "loc": (source, name), "msg": why})
    return faults


def _faults(error: errors.WalletPassError, language: Language) -> Iterator[dict[str, str]]:
    """One entry for each field at fault, in the caller's language."""
    if isinstance(error, errors.RequestInvalid):
        for fault in error.faults:
            location: Any = fault["loc"]
            kind, context = str(fault["type"]), fault.get("ctx")
            says = field_says(kind, str(fault["msg"]), context if isinstance(context, dict) else {}, language)
            where = {"parameter": str(location[-1])} if kind == "parameter" else {"pointer": _pointer(location)}
            yield {**where, "code": kind, "detail": says}
    elif isinstance(error, errors.ValuesError):
        for name, says in error.problems.items():
            yield {"pointer": _pointer(("values", name)), "code": "value", "detail": value_says(says, language)}
    elif isinstance(error, errors.DocumentError):
        for problem in error.problems:
            place, _, what = problem.partition(": ")
            pointer = _pointer(place.split(".")) if what else ""
            yield {"pointer": pointer, "code": "document", "detail": value_says(what or problem, language)}


def _pointer(location: Any) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def _headers(error: errors.WalletPassError, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, errors.TooManyRequests):
        return {"retry-after": str(math.ceil(error.wait))}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": str(failures.RETRY_SECONDS)}
    if isinstance(error, errors.KeyRefused):
        return {"www-authenticate": 'Bearer realm="walletpass"'}
    if isinstance(error, errors.UploadOutOfStep):
        return {"upload-offset": str(error.expected)}
    return {}


def _answer(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    name: str,
    error: errors.WalletPassError,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    language = language_of(request)
    says, whole = detail_of(name, error, language)
    body: dict[str, Any] = {
        "type": TYPES + name,
        "title": TITLES[name][language == "fr"],
        "status": int(status),
        "detail": says,
    }
    if not whole:
        body["original"] = str(error)
    if faults := list(_faults(error, language)):
        body["errors"] = faults
    own = {
        "cache-control": "no-store",
        "content-language": language,
        "vary": "accept-language",
    }
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers={**own, **(headers or {})})
