"""`tidegate up`: the server, in the foreground."""

import asyncio
from pathlib import Path

import click

from tidegate.cli.options import STATE_DIR
from tidegate.server.flags.serving import FlagOptions
from tidegate.server.up import Options
from tidegate.server.up import up as run
from tidegate.temporal.client import Cluster

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@STATE_DIR
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Of the local API; 0 takes a free one."
)
@click.option(
    "--mesh-dir",
    type=click.Path(path_type=Path),
    help="Where the mesh to act on keeps its state.  [default: mesh in the state directory]",
)
@click.option("--store", "store_url", help="Database of journal and evidence, as a URL.  [default: SQLite]")
@click.option(
    "--telemetry", type=_FILE, help="File of kind Telemetry: what is measured besides Envoy's counts."
)
@click.option(
    "--slo", type=click.Path(path_type=Path, exists=True), help="Folder of OpenSLO files that gates may name."
)
@click.option(
    "--contracts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The contracts folder: what answers are held against where a gate asks for conformance.",
)
@click.option(
    "--experiments",
    type=_FILE,
    multiple=True,
    help="File of kind Experiment: what is asked of a flag; may be given again.",
)
@click.option(
    "--otlp-grpc-port",
    type=click.IntRange(0, 65535),
    help="Take pushes by OTLP/gRPC on this port too; 0 takes a free one.  [default: by HTTP only]",
)
@click.option(
    "--flags", type=_FILE, multiple=True, help="File of flag definitions to serve; may be given again."
)
@click.option(
    "--flags-grpc-port",
    type=click.IntRange(0, 65535),
    help="Serve flags by flagd's gRPC on this port too; 0 takes a free one.  [default: by HTTP only]",
)
@click.option(
    "--flag-systems",
    type=_FILE,
    multiple=True,
    help="File of kind FlagSystem: where flags are that tidegate does not serve; may be given again.",
)
@click.option(
    "--databases",
    type=_FILE,
    multiple=True,
    help="File of kind Database: what migrations are carried out on; may be given again.",
)
@click.option("--flags-open", is_flag=True, help="Let everyone on this machine read flags, without a token.")
@click.option(
    "--temporal", metavar="ADDRESS", help="Use this Temporal cluster instead of the embedded server."
)
@click.option("--namespace", default="default", show_default=True, help="On the cluster.")
@click.option("--tls", is_flag=True, help="Speak TLS to the cluster.")
@click.option("--tls-ca", type=_FILE, help="PEM file of the authority that signed the cluster's certificate.")
@click.option("--tls-cert", type=_FILE, help="PEM file of the certificate to show.")
@click.option("--tls-key", type=_FILE, help="PEM file of its key.")
@click.option(
    "--api-key", envvar="TIDEGATE_TEMPORAL_API_KEY", help="For the cluster; better given by environment."
)
def up(  # noqa: PLR0917 - click passes one argument an option
    state_dir: Path,
    port: int,
    mesh_dir: Path | None,
    store_url: str | None,
    telemetry: Path | None,
    slo: Path | None,
    contracts: Path | None,
    experiments: tuple[Path, ...],
    otlp_grpc_port: int | None,
    flags: tuple[Path, ...],
    flags_grpc_port: int | None,
    flag_systems: tuple[Path, ...],
    databases: tuple[Path, ...],
    flags_open: bool,
    temporal: str | None,
    namespace: str,
    tls: bool,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    api_key: str | None,
) -> None:
    """Start tidegate: the worker, the local API and, unless a cluster is named, its own Temporal server.

    Runs in the foreground until Ctrl-C. Rollouts survive whatever happens to it: start it again on the same
    state directory and they go on.
    """
    cluster = None
    if temporal is not None:
        cluster = Cluster(
            address=temporal,
            namespace=namespace,
            tls=tls,
            ca_file=tls_ca,
            cert_file=tls_cert,
            key_file=tls_key,
            api_key=api_key,
        )
    options = Options(
        state_dir=state_dir,
        mesh_dir=mesh_dir or state_dir / "mesh",
        port=port,
        cluster=cluster,
        store_url=store_url,
        telemetry=telemetry,
        slo=slo,
        contracts=contracts,
        experiments=experiments,
        otlp_grpc_port=otlp_grpc_port,
        flags=FlagOptions(files=flags, grpc_port=flags_grpc_port, open=flags_open) if flags else None,
        flag_systems=flag_systems,
        databases=databases,
    )
    asyncio.run(run(options, lambda words: click.echo(words, err=True)))
