"""The API's description in OpenAPI 3.1, written from the operations themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.web import schemas
from engine.web.idempotency import HEADER
from engine.web.operations import PREFIX, Operation

_PROBLEM = {
    "description": "What happened, as problem details (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "facts": {"type": "object"},
                },
            }
        }
    },
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Within 24 hours the same request with the same key acts once and is answered the same.",
    "schema": {"type": "string", "maxLength": 200},
}


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the whole description, ready to be written as JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = PREFIX + re.sub(r"<(\w+)>", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Preceptor", "version": "1"},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": _PROBLEM},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described = {
        "operationId": operation.name,
        "summary": operation.says,
        "tags": [operation.resource],
        "description": f"For: {', '.join(operation.by)}. Scope: {operation.scope}.",
        "parameters": list(_parameters(operation)),
        "responses": {str(operation.status): _given(operation), "default": {"$ref": "#/components/responses/Problem"}},
    }
    return {**described, "requestBody": _taken(operation)} if operation.takes or operation.files else described


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"<(\w+)>", operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, schema in operation.query.items():
        yield {"name": name, "in": "query", "required": schema.needed, "schema": schemas.described(schema)}
    if operation.writes:
        yield _KEY


def _taken(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = schemas.described(operation.takes) if operation.takes else {"type": "object"}
    if operation.files:
        file = {"type": "string", "format": "binary"}
        said = {**said, "properties": {**said.get("properties", {}), "file": file}}
    kind = "multipart/form-data" if operation.files else "application/json"
    return {"required": True, "content": {kind: {"schema": said}}}


def _given(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {"description": operation.says}
    if operation.gives is None:
        return said
    return {**said, "content": {"application/json": {"schema": schemas.described(operation.gives)}}}
