"""What a consumer installs."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
COMPONENTS = ROOT / "components"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=COMPONENTS, check=True, capture_output=True
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_installs_one_name_with_its_types_and_versions(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"campus_voice"}, (
        "a module called `components` would take that name from every consumer"
    )
    assert "campus_voice/py.typed" in names
    packed = tomllib.loads(wheel.read("campus_voice/versions.toml").decode())
    assert packed == tomllib.loads((ROOT / "versions.toml").read_text()), (
        "the wheel carries the pins, not a link"
    )


def test_the_plugin_names_the_tool_that_installs_it() -> None:
    plugin = yaml.safe_load((COMPONENTS / "PulumiPlugin.yaml").read_text())
    assert plugin["runtime"] == {"name": "python", "options": {"toolchain": "pip"}}, (
        "otherwise a lock file further up decides, and a consumer needs our tools"
    )


def test_the_plugin_starts_and_says_its_version(wheel: zipfile.ZipFile) -> None:
    version = wheel.filename and Path(wheel.filename).name.split("-")[1]
    assert version == tomllib.loads((ROOT / "versions.toml").read_text())["product"]["version"], (
        "wheel, plugin and schema are one release"
    )
    with subprocess.Popen(
        [sys.executable, "__main__.py", "127.0.0.1:1"], cwd=COMPONENTS, stdout=subprocess.PIPE, text=True
    ) as plugin:
        assert plugin.stdout is not None
        port = plugin.stdout.readline().strip()
        plugin.terminate()
    assert port.isdigit(), "a plugin tells the engine the port that it serves on"
