"""Tables of what was measured, in Markdown."""

from collections.abc import Iterable, Sequence

from bench.gates.bounds import Efficiency, Promotion, Throughput
from bench.gates.contest import ALPHA, Detection, FalseAlarms
from bench.gates.streams import Rollout


def percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def false_alarm_table(rows: Sequence[FalseAlarms]) -> str:
    """A row for each policy, a column for each setting."""
    settings = list(dict.fromkeys(_setting(row.rollout) for row in rows))
    cells = {(row.policy, _setting(row.rollout)): percent(row.share) for row in rows}
    return table(
        ["policy", *settings],
        [[policy, *(cells[policy, setting] for setting in settings)] for policy in _policies(rows)],
    )


def detection_tables(rows: Sequence[Detection], alarms: Sequence[FalseAlarms]) -> str:
    """A table for each setting: a row for each policy, a column for each ratio."""
    settings = dict.fromkeys((_setting(row.rollout), row.rollout.onset) for row in rows)
    loud = {(row.policy, _setting(row.rollout)) for row in alarms if row.share > ALPHA}
    tables = []
    for setting, onset in settings:
        chosen = [row for row in rows if (_setting(row.rollout), row.rollout.onset) == (setting, onset)]
        title = setting + (f", fault after {onset:g} min" if onset else "")
        tables.append(f"{title}:\n\n{_detection_table(chosen, {p for p, where in loud if where == setting})}")
    return "\n\n".join(tables)


def _detection_table(rows: Sequence[Detection], loud: set[str]) -> str:
    ratios = list(dict.fromkeys(row.rollout.ratio for row in rows))
    cells = {(row.policy, row.rollout.ratio): found(row) for row in rows}
    return table(
        ["policy", *(f"x{ratio:g}" for ratio in ratios)],
        [
            [policy + "*" * (policy in loud), *(cells[policy, ratio] for ratio in ratios)]
            for policy in _policies(rows)
        ],
    )


def found(row: Detection) -> str:
    """Minutes and excess failures of the median run, or the share that is found at all."""
    if row.minutes is None or row.excess is None:
        watched = row.rollout.minutes - row.rollout.onset
        return f"over {watched:g} min ({percent(row.found)} found)"
    return f"{row.minutes:.2g} min, {_count(row.excess)}"


def _count(number: float) -> str:
    return f"{number:.2g}" if number < 100.0 else f"{number:,.0f}"


def trouble_table(alarms: Sequence[FalseAlarms], faults: Sequence[Detection]) -> str:
    """A row for each kind of trouble, a column for each way to have our test."""
    troubles = list(dict.fromkeys(row.rollout.trouble for row in alarms))
    shares = {(row.policy, row.rollout.trouble): percent(row.share) for row in alarms}
    minutes = {(row.policy, row.rollout.trouble): found(row).partition(",")[0] for row in faults}
    ways = _policies(alarms)
    return table(
        ["failures", *ways],
        [[trouble, *(f"{shares[w, trouble]}; {minutes[w, trouble]}" for w in ways)] for trouble in troubles],
    )


def proof_table(rows: Sequence[FalseAlarms]) -> str:
    """A row for each setting and kind of trouble, a column for each way to have our test of safety."""
    settings = dict.fromkeys((_setting(row.rollout), row.rollout.trouble) for row in rows)
    shares = {(row.policy, _setting(row.rollout), row.rollout.trouble): percent(row.share) for row in rows}
    return table(
        ["control", "failures", *_policies(rows)],
        [[where, how, *(shares[way, where, how] for way in _policies(rows))] for where, how in settings],
    )


def efficiency_table(rows: Sequence[Efficiency]) -> str:
    return table(
        ["error rate", "share", "ratio", "bound", "median requests", "of the bound", "excess failures"],
        [
            [
                percent(row.rate),
                percent(row.share),
                f"x{row.ratio:g}",
                f"{row.bound:,.0f}",
                f"{row.requests:,.0f}",
                f"{row.times:.2f}",
                f"{row.excess:.1f}",
            ]
            for row in rows
        ],
    )


def promotion_table(rows: Sequence[Promotion]) -> str:
    return table(
        ["error rate", "share", "margin", "canary requests", "of the bound"],
        [
            [
                percent(row.rate),
                percent(row.share),
                f"{row.margin * 100:g} points",
                f"{row.requests:,.0f}",
                f"{row.times:.2f}",
            ]
            for row in rows
        ],
    )


def throughput_line(speed: Throughput) -> str:
    return f"{speed.plain:,.0f} stream updates a second of one core, {speed.tempered:,.0f} tempered"


def _setting(rollout: Rollout) -> str:
    return f"{percent(rollout.rate)}, share {percent(rollout.share)}"


def _policies(rows: Sequence[FalseAlarms] | Sequence[Detection]) -> list[str]:
    return list(dict.fromkeys(row.policy for row in rows))
