"""How soon a started server speaks."""

import inspect

from speech_process import SpeechServer

from cosyvoice_server.without_stubs import without_stubs


def test_gradio_is_imported_without_parsing_its_own_sources(held_server: SpeechServer) -> None:
    assert held_server.ready(), "writing type stubs is half of Gradio's import: this server ends when a source is parsed"
    before = inspect.getfile
    with without_stubs():
        assert inspect.getfile is not before, "source files are hidden during the import"
    assert inspect.getfile is before, "and found again afterwards"
