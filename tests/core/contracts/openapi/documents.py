"""Small documents, as they would be read from YAML."""

from typing import Any

from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import Interface, Operation
from tidegate.core.contracts.specification import Kind, Specification

TEXT: dict[str, Any] = {"type": "string"}
OK: dict[str, Any] = {"200": {"description": "done"}}


def specification(document: Any, **files: Any) -> Specification:
    """A specification of one document, and of others by name (`pet_yaml` is `pet.yaml`)."""
    others = {name.replace("_", "."): value for name, value in files.items()}
    documents = {"api.yaml": document, **others}
    return Specification(kind=Kind.OPENAPI, name="api.yaml", root="api.yaml", documents=documents, texts={})


def openapi(paths: Any, version: str = "3.0.3", **rest: Any) -> Specification:
    """An OpenAPI document of these paths."""
    return specification({"openapi": version, "paths": paths, **rest})


def swagger(paths: Any, **rest: Any) -> Specification:
    """A Swagger document of these paths."""
    return specification({"swagger": "2.0", "paths": paths, **rest})


def interface(paths: Any, **rest: Any) -> Interface:
    """The view of an OpenAPI document of these paths."""
    return read(openapi(paths, **rest))


def only(view: Interface) -> Operation:
    """The one operation of an interface."""
    (operation,) = view.operations.values()
    return operation


def operation(**words: Any) -> Any:
    """Paths with one operation."""
    return {"/pets": {"post": {"responses": OK, **words}}}


def body(*types: str, schema: Any = TEXT, **words: Any) -> dict[str, Any]:
    """An operation that takes a body."""
    return {"requestBody": {"content": {type_: {"schema": schema} for type_ in types}, **words}}


def content(*types: str, schema: Any = TEXT) -> dict[str, Any]:
    """An answer with a body."""
    return {"content": {type_: {"schema": schema} for type_ in types}}
