"""`tidegate flags serve`: flags alone, in the foreground."""

import asyncio
from pathlib import Path

import click

from tidegate.cli.options import STATE_DIR
from tidegate.server.flags.serve import Options
from tidegate.server.flags.serve import serve as run
from tidegate.server.flags.serving import FlagOptions

PORT = click.IntRange(0, 65535)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@STATE_DIR
@click.option(
    "--port",
    type=PORT,
    default=8016,
    show_default=True,
    help="Of OFREP, its events and /flags.json; 0 takes a free one.",
)
@click.option(
    "--grpc-port",
    type=PORT,
    default=8015,
    show_default=True,
    help="Of flagd's sync and evaluation; 0 takes a free one.",
)
@click.option(
    "--open/--guarded",
    "open_",
    default=True,
    show_default=True,
    help="Whether everyone on this machine may read flags, or only who has the token in flags.token.",
)
def serve(files: tuple[Path, ...], state_dir: Path, port: int, grpc_port: int, open_: bool) -> None:
    """Serve the flags that FILES define to applications on this machine, without anything else running.

    Runs in the foreground until Ctrl-C. Files are read again when they change; while one is wrong, what was served
    before stays served. What was switched off stays off over a restart.
    """
    flags = FlagOptions(files=files, grpc_port=grpc_port, open=open_)
    options = Options(state_dir=state_dir, port=port, flags=flags)
    asyncio.run(run(options, lambda words: click.echo(words, err=True)))
