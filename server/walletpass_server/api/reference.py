"""The API as a page to read: drawn from its OpenAPI document, without a script and without asking anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

from walletpass_server.api.languages import Language
from walletpass_server.api.problems import TITLES

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h2 { margin-top: 3rem; text-transform: capitalize; } h3 { margin: 2.5rem 0 .25rem; font-size: 1.05rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; } a { color: inherit; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; }
.method { text-transform: uppercase; font-weight: 700; } .scope { opacity: .75; }
table { border-collapse: collapse; width: 100%; } nav a { margin-right: 1rem; }
td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8884; }
"""
_EXPLAIN: Mapping[Language, tuple[str, str, str]] = {
    "en": ("This answer comes with the status", "It may come from", "All of the API"),
    "fr": ("Cette réponse a le statut", "Elle peut venir de", "Toute l'API"),
}


def reference_page(document: Mapping[str, Any]) -> str:
    """All routes with their parameters, an example of each body, and the problems."""
    operations = sorted(_operations(document), key=lambda each: each[2]["tags"])
    groups = [(tag, list(found)) for tag, found in groupby(operations, key=lambda each: each[2]["tags"][0])]
    body = [f"<h1>walletpass API {escape(document['info']['version'])}</h1>", _text(document["info"]["description"])]
    body.append('<p><a href="/v1/openapi.json">OpenAPI 3.1</a></p>')
    body.append("<nav>" + "".join(f'<a href="#{tag}">{tag}</a>' for tag, _ in groups) + "</nav>")
    for tag, found in groups:
        body.append(f'<h2 id="{tag}">{tag}</h2>')
        body += [_operation(path, method, operation, document) for path, method, operation in found]
    body.append('<h2 id="problems">problems</h2><table>')
    body += [
        f'<tr><td><a href="/v1/problems/{name}">{name}</a></td><td>{en}</td></tr>' for name, (en, _) in TITLES.items()
    ]
    return _page("walletpass API", [*body, "</table>"], "en")


def problem_page(name: str, language: Language, document: Mapping[str, Any]) -> str:
    """A type of problem: what it means, and which routes answer so."""
    status_line, from_line, back = _EXPLAIN[language]
    title = TITLES[name][language == "fr"]
    found = [
        (path, method, status)
        for path, method, operation in _operations(document)
        for status, answer in operation["responses"].items()
        if f"/v1/problems/{name})" in answer["description"]
    ]
    body = [f"<h1>{escape(title)}</h1>", f"<p><code>/v1/problems/{name}</code></p>"]
    if found:
        statuses = ", ".join(sorted({status for _, _, status in found}))
        body.append(f"<p>{status_line} {statuses}. {from_line}{' ' if language == 'fr' else ''}:</p><ul>")
        body += [f"<li><code>{method.upper()} {escape(path)}</code></li>" for path, method, _ in found]
        body.append("</ul>")
    return _page(title, [*body, f'<p><a href="/v1/docs">{back}</a></p>'], language)


def _operation(path: str, method: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    scope = operation.get("x-scope")
    parts = [
        f'<h3 id="{operation["operationId"]}"><span class="method">{method}</span> <code>{escape(path)}</code></h3>',
        f"<p>{escape(operation['summary'])}." + (f' <span class="scope">{scope}</span>' if scope else "") + "</p>",
        _text(operation.get("description", "")),
    ]
    if parameters := operation.get("parameters"):
        rows = (
            f"<tr><td><code>{escape(each['name'])}</code></td><td>{each['in']}</td>"
            f"<td>{escape(each.get('description', ''))}</td></tr>"
            for each in parameters
        )
        parts.append(f"<table>{''.join(rows)}</table>")
    for title, content in (
        ("Request", operation.get("requestBody", {}).get("content", {})),
        ("Answer", next(iter(operation["responses"].values())).get("content", {})),
    ):
        example = _example(content, document)
        if example is not None:
            text = json.dumps(example, indent=2, ensure_ascii=False)
            parts.append(f"<p>{title}</p><pre>{escape(text)}</pre>")
    return "".join(parts)


def _example(content: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    examples = document["components"]["schemas"].get(name, {}).get("examples")
    return examples[0] if examples else None


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _text(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())


def _page(title: str, body: list[str], language: Language) -> str:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head = f'<!doctype html><html lang="{language}"><head>{head}<style>{_STYLE}</style></head>'
    return f"{head}<body>{''.join(body)}</body></html>"
