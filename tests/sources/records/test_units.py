"""Records of units: who was served what and what they did, from one file or several, holes and all."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from tidegate.core.errors import Refused
from tidegate.core.experiments.census import Census
from tidegate.core.experiments.definition import Experiment, Kind, Metric, Period
from tidegate.core.ids import FlagKey
from tidegate.sources.records.units import read_units

EXPERIMENT = Experiment(
    name="checkout",
    flag=FlagKey("checkout"),
    control="off",
    window=100.0,
    metrics=(
        Metric(name="bought", kind=Kind.CONVERSION),
        Metric(name="clicks", kind=Kind.COUNT),
        Metric(name="spent", kind=Kind.VALUE),
    ),
    periods=(Period(since=0.0, shares={"off": 0.5, "on": 0.5}),),
)
SERVED = "time,unit,variant\n10,ann,on\n20,bob,off\n30,cid,on\n"
DID = "time,unit,metric,value\n15,ann,bought,\n16,ann,clicks,\n17,ann,clicks,3\n25,bob,spent,-2.5\n500,zoe,other,?\n"


def read(folder: Path, *contents: str) -> Census:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.csv")
        paths[-1].write_text(content)
    found = read_units(paths, EXPERIMENT)
    return found.roster.census(found.until + 1e6)


def totals(census: Census) -> dict[str, dict[str, tuple[int, float]]]:
    return {
        metric: {name: (each.units, each.total) for name, each in by_variant.items()}
        for metric, by_variant in census.strata[0].outcomes.items()
    }


TOTALS = {
    "bought": {"off": (1, 0.0), "on": (2, 1.0)},
    "clicks": {"off": (1, 0.0), "on": (2, 4.0)},
    "spent": {"off": (1, -2.5), "on": (2, 0.0)},
}
ONE = """value,metric,variant,unit,time
3,clicks,,ann,17
,bought,,ann,1970-01-01T00:00:15Z
,clicks,,ann,16

,,on,cid,30
,,off,bob,20
-2.5,spent,,bob,25
,,on,ann,10
"""


@pytest.mark.parametrize("files", [(SERVED, DID), (DID, SERVED), (ONE,)])
def test_one_file_or_two_in_any_order_say_the_same(tmp_path: Path, files: tuple[str, ...]) -> None:
    assert totals(read(tmp_path, *files)) == TOTALS


def test_a_parquet_file_lacks_what_a_csv_leaves_empty(tmp_path: Path) -> None:
    columns = {
        "time": [10, 20, 30, 15, 16, 17, 25],
        "unit": [1, 2, 3, 1, 1, 1, 2],
        "variant": ["on", "off", "on", None, None, None, None],
        "metric": [None, None, None, "bought", "clicks", "clicks", "spent"],
        "value": [None, None, None, None, None, 3.0, -2.5],
    }
    path = tmp_path / "units.parquet"
    pq.write_table(pa.table(columns), path)
    found = read_units([path], EXPERIMENT)
    assert found.until == 30.0
    assert totals(found.roster.census(1e6)) == TOTALS


def test_until_is_the_last_time_that_there_is(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("time,unit,variant,metric\n40,ann,on,\n10,ann,on,\n35,ann,,bought\n")
    found = read_units([path], EXPERIMENT)
    assert (found.until, found.roster.census(found.until).waiting) == (40.0, 1)


def test_an_audience_was_not_drawn_by_lot(tmp_path: Path) -> None:
    census = read(tmp_path, "time,unit,variant,audience\n10,ann,on,beta\n20,bob,off,\n")
    assert (census.not_drawn, census.strata[0].drawn) == (1, {"off": 1, "on": 0})


PROBLEMS = [
    ("", ["1: nothing in this file (begin with the line time,unit,variant)"]),
    ("time,unit\n", ["1: there is neither a column 'variant' nor 'metric'"]),
    (
        "unit,metrics\n",
        ["1: unknown column 'metrics' (did you mean 'metric'?)", "1: column 'time' is missing"],
    ),
    ("time,unit,variant\n10,,on\n", ["2: unit is empty"]),
    ("time,unit,variant\nsoon,ann,on\n10,bob\n", ["2: 'soon' is not a time", "3: 2 cells where there are 3"]),
    (
        "time,unit,variant,metric\n1,a,,\n2,a,on,bought\n",
        ["2: this row has neither a", "3: this row has both a"],
    ),
    ("time,unit,metric\n1,a,spent\n", ["2: value is '', which is no number"]),
    ("time,unit,metric,value\n1,a,spent,nan\n", ["2: value is 'nan', which is no number"]),
    ("time,unit,metric,value\n1,a,spent,1e99\n", ["2: value is '1e99', which is no number"]),
    ("time,unit,metric,value\n1,a,clicks,-1\n", ["2: value is '-1', and a count is not below zero"]),
]


@pytest.mark.parametrize(("content", "problems"), PROBLEMS)
def test_what_is_wrong_with_a_record_is_told_with_its_line(
    tmp_path: Path, content: str, problems: list[str]
) -> None:
    with pytest.raises(Refused) as found:
        read(tmp_path, content)
    told = [str(problem).removeprefix(f"{tmp_path}/0.csv:") for problem in found.value.problems]
    begun = [told[number][: len(want)] for number, want in enumerate(problems)]
    assert begun == problems


def test_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refused) as found:
        read(tmp_path, "time,unit,variant\n10,,on\n", "time,unit,variant\nsoon,ann,on\n")
    assert [Path(str(each)).name.partition(":")[0] for each in found.value.problems] == ["0.csv", "1.csv"]


def test_records_need_the_shares_that_were_intended(tmp_path: Path) -> None:
    bare = Experiment(name="bare", flag=FlagKey("f"), control="off", window=1.0, metrics=())
    with pytest.raises(Refused, match="does not say with which shares"):
        read_units([tmp_path / "none.csv"], bare)
