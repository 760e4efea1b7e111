"""Writes down what the components are and render today; read the diff before you commit it."""

from tests.cases import cases
from tests.unit.components import plugin_schema


def main() -> None:
    """Refresh every case and the plugin's schema."""
    for case in cases.every():
        cases.write(case)
    plugin_schema.write()


if __name__ == "__main__":
    main()
