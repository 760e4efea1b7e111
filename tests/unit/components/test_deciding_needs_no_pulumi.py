"""What to make is decided without Pulumi: policies, tests and other tools can ask too."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "components" / "campus_voice"
SHELL = {"__init__.py", "args.py", "backup_args.py", "component.py", "adoption.py", "registration.py"}

_IMPORT = """
import importlib, sys, types
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pulumi", "pulumi_kubernetes", "pulumi_random"}:
            raise ImportError(f"{name} is imported")
sys.meta_path.insert(0, Refuse())
package = types.ModuleType("campus_voice")  # its own __init__ offers the components
package.__path__ = [sys.argv[1]]
sys.modules["campus_voice"] = package
importlib.import_module(sys.argv[2])
"""


def _pure_modules() -> list[str]:
    return [
        ".".join(["campus_voice", *file.relative_to(PACKAGE).with_suffix("").parts])
        for file in sorted(PACKAGE.glob("*/*.py"))
        if file.name not in SHELL
    ]


@pytest.mark.parametrize("module", _pure_modules())
def test_a_module_that_decides_imports_no_pulumi(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORT, str(PACKAGE), module],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{module} must stay free of Pulumi: {done.stderr.splitlines()[-1:]}"


def test_pulumi_is_imported_by_the_shell_alone() -> None:
    importing = {
        file.name
        for file in PACKAGE.rglob("*.py")
        if "import pulumi" in file.read_text() or "from pulumi" in file.read_text()
    }
    assert importing == SHELL, "the list above names every module that may import Pulumi"
