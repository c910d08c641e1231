"""Database files: what they mean, and everything that is wrong with them at once."""

from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.database import Database
from tidegate.core.telemetry import Secret
from tidegate.sources.databases import read_databases

SHOP = Path(__file__).parents[2] / "examples" / "shop"
HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: Database\n"
URL = "postgresql://tidegate@db.example.com:5432/shop?sslmode=require"
LEAST = f"{HEAD}metadata: {{name: shop}}\nspec:\n  url: {URL}\n"
FILE = f"""{HEAD}metadata: {{name: crm}}
spec:
  url: postgres:///crm?host=/run/pg
  password: {{file: crm.password}}
"""


def written(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"{number}.yaml" for number in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def told(folder: Path, *texts: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_databases(written(folder, *texts))
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def test_what_files_mean(tmp_path: Path) -> None:
    variable = LEAST.replace("shop}", "other}") + "  password: {variable: PASSWORD}\n"
    assert read_databases(written(tmp_path, LEAST, FILE, variable)) == (
        Database(name=DatabaseName("shop"), url=URL),
        Database(
            name=DatabaseName("crm"),
            url="postgres:///crm?host=/run/pg",
            password=Secret(file=str(tmp_path / "crm.password")),
        ),
        Database(name=DatabaseName("other"), url=URL, password=Secret(variable="PASSWORD")),
    )


def test_the_examples_are_read() -> None:
    assert [each.name for each in read_databases(sorted((SHOP / "databases").iterdir()))] == ["shop"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: shop", "name: Shop", "1.yaml:3: metadata.name is 'Shop', which is not a name of at most"),
        (f"  url: {URL}\n", "  user: a\n", "1.yaml:4: spec lacks 'url'"),
        (URL, "db.example.com", "1.yaml:5: spec.url is no URL that libpq reads"),
        (URL, "mysql://db.example.com/shop", "1.yaml:5: spec.url is no URL that libpq reads"),
        (URL, "postgresql://h/shop?sslmod=off", "1.yaml:5: spec.url is no URL that libpq reads"),
        (URL, "postgresql://a%0z@h/shop", "1.yaml:5: spec.url is no URL that libpq reads"),
        (URL, "postgresql://h/a b", "1.yaml:5: spec.url is no URL that libpq reads"),
        (
            URL,
            "host=db.example.com dbname=shop",
            "1.yaml:5: spec.url is 'host=db.example.com dbname=shop', which",
        ),
        (
            URL,
            f"{URL}\n  password: {{file: a, variable: b}}",
            "1.yaml:6: spec.password must have exactly one of file, variable",
        ),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found = told(tmp_path, LEAST.replace(old, new))
    assert any(each.startswith(problem) for each in found), found


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a:hush@h/shop",
        "postgresql://a:hu#sh@h/shop",
        "postgresql://a:hu/sh@h/shop",
        "postgresql://a:hu?sh@h/shop",
        "postgresql://h/shop?password=hush",
        "postgresql://h/shop?p%61ssword=hush",
        "postgresql://h/shop?sslpassword=hush",
        "'postgresql://a:hu sh@h/shop'",
        "'host=h password=hush'",
    ],
)
def test_a_password_in_the_url_is_refused_without_its_words(tmp_path: Path, url: str) -> None:
    found = told(tmp_path, LEAST.replace(URL, url))
    assert [each.split(" (")[0] for each in found] in (
        ["1.yaml:5: spec.url holds a password"],
        ["1.yaml:5: spec.url is no URL that libpq reads"],
    )


def test_a_password_in_place_of_where_it_is_is_refused_without_its_words(tmp_path: Path) -> None:
    assert told(tmp_path, f"{LEAST}  password: hush\n") == [
        "1.yaml:6: spec.password holds no file or variable (say where the password is, not what it is)"
    ]


def test_a_name_is_for_one_database(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, LEAST, LEAST)
    assert problem == f"2.yaml:3: 'shop' is a database already (first at {tmp_path}/1.yaml:3) (rename one)"
