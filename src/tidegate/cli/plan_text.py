"""A plan as text, Markdown and Mermaid. Pure: a plan in, a string out."""

from collections.abc import Callable, Iterator, Mapping
from textwrap import fill

from tidegate.core.ids import StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import (
    Deploy,
    Expose,
    ExposeFlag,
    Migrate,
    Milestone,
    RemoveFlag,
    Retire,
    Reversibility,
    RunTask,
    Step,
)


def headline(step: Step) -> str:
    """What a step does, in a few words."""
    match step.action:
        case Expose(service=service, old=old, new=new):
            return f"move {service} from {old} to {new}: {stages(step)}"
        case ExposeFlag(flag=flag, on=on, audience_name=audience):
            return f"serve {on} of flag {flag} to {audience or 'everyone'}: {stages(step)}"
        case action:
            return _done_at_once(action)


def _done_at_once(action: Deploy | Retire | RemoveFlag | Migrate | RunTask | Milestone) -> str:
    match action:
        case Deploy(service=service, version=version):
            return f"start {service} {version} without traffic"
        case Retire(service=service, version=version):
            return f"drain and stop {service} {version}"
        case RemoveFlag(flag=flag):
            return f"remove flag {flag}"
        case Migrate(database=database, migration=migration, part=part):
            return f"{part} migration {migration.name} of {database}"
        case RunTask(commands=commands):
            return f"run {' '.join(commands.apply)}"
        case Milestone(name=name):
            return name


def stages(step: Step) -> str:
    """The exposures of a step, as `10 → 50 → 100 %`."""
    return " → ".join(f"{stage.exposure * 100:g}" for stage in step.stages) + " %"


def text(plan: Plan) -> str:
    """For a terminal of 80 columns."""
    lines = [f"Change {plan.change}: {len(plan.steps)} steps in {len(plan.waves)} waves"]
    for number, wave in enumerate(plan.waves, start=1):
        lines.append(f"\nWave {number}")
        for step_id in wave:
            lines += _text_of_step(plan, step_id)
    lines += [f"\nwarning: {warning}" for warning in plan.warnings]
    return "\n".join(map(wrapped, lines))


def wrapped(line: str) -> str:
    """A line at 80 columns, what it runs over into indented below it."""
    indent = " " * (len(line) - len(line.lstrip(" "))) + "  "
    return fill(
        line,
        80,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def _text_of_step(plan: Plan, step_id: StepId) -> Iterator[str]:
    step = plan.by_id[step_id]
    yield f"  {step.id}"
    yield f"    {headline(step)}"
    for edge in plan.reasons(step_id):
        yield f"    after {edge.before}: {edge.reason}"
    if step.approvals:
        yield f"    needs approval by {', '.join(step.approvals)}"
    if not isinstance(step.action, Milestone):
        yield f"    way back ({step.reversibility}): {step.way_back}"


def markdown(plan: Plan) -> str:
    """For a pull request: a table a wave, and the graph."""
    lines = [f"## Plan of change `{plan.change}`", ""]
    for number, wave in enumerate(plan.waves, start=1):
        lines += [
            f"### Wave {number}",
            "",
            "| step | does | after, because | way back |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_row(plan, step_id) for step_id in wave]
        lines.append("")
    lines += [f"> warning: {warning}" for warning in plan.warnings]
    return "\n".join([*lines, "```mermaid", mermaid(plan), "```"])


def _row(plan: Plan, step_id: StepId) -> str:
    step = plan.by_id[step_id]
    because = "<br>".join(f"`{edge.before}`: {edge.reason}" for edge in plan.reasons(step_id)) or "nothing"
    back = "" if isinstance(step.action, Milestone) else f"{step.reversibility}: {step.way_back}"
    if step.approvals:
        because = f"approval by {', '.join(step.approvals)}<br>{because}"
    cells = (f"`{step.id}`", headline(step), because, back)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def mermaid(plan: Plan) -> str:
    """A flow chart, a subgraph for each wave; nodes are numbered so that any name is safe."""
    numbers = {step.id: f"s{number}" for number, step in enumerate(plan.steps)}
    lines = ["flowchart LR"]
    for number, wave in enumerate(plan.waves, start=1):
        lines.append(f'  subgraph w{number}["wave {number}"]')
        lines += [f"    {numbers[id_]}{_node(plan.by_id[id_])}" for id_ in wave]
        lines.append("  end")
    lines += [f'  {numbers[e.before]} -->|"{_quoted(e.reason)}"| {numbers[e.after]}' for e in plan.edges]
    return "\n".join(lines)


def _node(step: Step) -> str:
    """A node; what cannot be undone is drawn with a double frame."""
    irreversible = step.reversibility is Reversibility.IRREVERSIBLE
    return f'[["{_quoted(step.id)}<br>irreversible"]]' if irreversible else f'["{_quoted(step.id)}"]'


def _quoted(words: str) -> str:
    return words.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


RENDERERS: Mapping[str, Callable[[Plan], str]] = {"text": text, "markdown": markdown, "mermaid": mermaid}
