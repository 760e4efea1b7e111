"""How soon a started server speaks."""

import subprocess
import sys

IMPORT_GRADIO = """
import ast, inspect
from cosyvoice_server.without_stubs import without_stubs

def parsed(*_):
    raise SystemExit("Gradio parsed the source of a component")

ast.get_source_segment = parsed
with without_stubs():
    import gradio
assert inspect.getfile(gradio.Textbox).endswith("textbox.py"), "afterwards, source files are found again"
"""


def test_gradio_is_imported_without_parsing_its_own_sources() -> None:
    imported = subprocess.run([sys.executable, "-c", IMPORT_GRADIO], capture_output=True, text=True, check=False)

    assert imported.returncode == 0, f"writing type stubs is half of Gradio's import: {imported.stderr}"
