"""FlagSystem files: what they mean, and everything that is wrong with them at once."""

from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.core.telemetry import Secret
from tidegate.sources.flag_systems import FlagSystem, UnleashServer, read_flag_systems

HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: FlagSystem\n"
LEAST = f"""{HEAD}metadata: {{name: ours}}
spec:
  unleash:
    url: https://unleash.example.com/
    environment: production
    token: {{variable: UNLEASH_TOKEN}}
"""
ALL = f"""{HEAD}metadata: {{name: theirs}}
spec:
  unleash:
    url: http://unleash.example.com/flags
    project: shop
    environment: production
    token: {{file: unleash.token}}
    stickiness: tenantId
    timeout: 500ms
    ca: ca.pem
"""


def written(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"{number}.yaml" for number in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def told(folder: Path, *texts: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_flag_systems(written(folder, *texts))
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def test_what_files_mean(tmp_path: Path) -> None:
    assert read_flag_systems(written(tmp_path, LEAST, ALL)) == (
        FlagSystem(
            name="ours",
            unleash=UnleashServer(
                url="https://unleash.example.com",
                project="default",
                environment="production",
                token=Secret(variable="UNLEASH_TOKEN"),
                stickiness="userId",
                timeout=10.0,
            ),
        ),
        FlagSystem(
            name="theirs",
            unleash=UnleashServer(
                url="http://unleash.example.com/flags",
                project="shop",
                environment="production",
                token=Secret(file=str(tmp_path / "unleash.token")),
                stickiness="tenantId",
                timeout=0.5,
                ca=str(tmp_path / "ca.pem"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{name: ours}", "{name: Ours}", "1.yaml:3: metadata.name is 'Ours', which is not a name of at most"),
        ("    environment: production\n", "", "1.yaml:5: spec.unleash lacks 'environment'"),
        (
            "{variable: UNLEASH_TOKEN}",
            "'*:*.secret'",
            "1.yaml:8: spec.unleash.token holds no file or variable (say",
        ),
        (
            "{variable: UNLEASH_TOKEN}",
            "{}",
            "1.yaml:8: spec.unleash.token holds no file or variable (say where",
        ),
        (
            "url: https://",
            "url: ftp://",
            "1.yaml:6: spec.unleash.url is 'ftp://unleash.example.com/', which is not",
        ),
        ("https://", "https://me:secret@", "1.yaml:6: spec.unleash.url holds a user (say under token where"),
        (
            "    token:",
            "    timeout: 0s\n    token:",
            "1.yaml:8: '0s' is no time (give a duration above zero)",
        ),
        (
            "    token:",
            "    projekt: shop\n    token:",
            "1.yaml:8: unknown field 'projekt' in spec.unleash (did you",
        ),
        ("  unleash:", "  launchdarkly: {}\n  unleash:", "1.yaml:5: unknown field 'launchdarkly' in spec"),
    ],
)
def test_what_is_wrong(tmp_path: Path, old: str, new: str, problem: str) -> None:
    (found,) = told(tmp_path, LEAST.replace(old, new))
    assert found.startswith(problem)
    assert "secret" not in found


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    first, second = told(tmp_path, LEAST.replace("https:", "ftp:"), LEAST)
    assert first.startswith("1.yaml:6: spec.unleash.url is")
    assert (
        second
        == f"2.yaml:3: 'ours' is a flag system already (first at {tmp_path}/1.yaml:3) (rename one)".replace(
            f"{tmp_path}/2", "2"
        )
    )
