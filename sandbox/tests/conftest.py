"""How the tests are shared between two processes."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class OneNode(LoadScopeScheduling):
    """Keeps a file in one process, and all files about the node in one: they share what is running."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/node" if file.startswith("tests/node/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneNode:
    """Share them so; `--dist loadgroup` of pytest-xdist 3.8 finds no groups beside pytest 9.2."""
    return OneNode(config, log)
