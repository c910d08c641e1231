"""`tidegate schema`: the published JSON Schemas, so that editors complete and check files."""

import json

import click

from tidegate.core.errors import Problem, Refused
from tidegate.sources.documents import schemas
from tidegate.sources.words import did_you_mean, listed, quoted


@click.command()
@click.argument("kind", required=False)
def schema(kind: str | None) -> None:
    """Print the JSON Schema of a file KIND, or the kinds there are."""
    if kind is None:
        click.echo("\n".join(schemas()))
        return
    by_folded = {name.casefold(): found for name, found in schemas().items()}
    if kind.casefold() not in by_folded:
        hint = f"{did_you_mean(kind, schemas())} kinds: {listed(schemas())}".strip()
        raise Refused([Problem(message=f"unknown kind {quoted(kind)}", hint=hint)])
    click.echo(json.dumps(by_folded[kind.casefold()], indent=2, ensure_ascii=False))
