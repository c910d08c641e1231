"""`tidegate contracts`: what differs between two versions, which live pairs work together, and what is on record."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from tidegate.cli.contract_diff import diff_markdown, diff_text, diff_values
from tidegate.cli.contract_records import record
from tidegate.cli.contract_text import matrix_markdown, matrix_text, pair_values
from tidegate.cli.exits import Exit
from tidegate.cli.plan import CATALOG, CHANGE, CONTRACTS, judge_of
from tidegate.comparers import compare
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.plan.live import pairs
from tidegate.sources.change import read_change_and_catalog
from tidegate.sources.specifications import read_specification


@click.group()
def contracts() -> None:
    """What versions of services need of each other, and the evidence for it."""


contracts.add_command(record)
