"""What goes wrong with a model's files."""

from cosyvoice_server.engines.base import SpeechError


class ModelError(SpeechError):
    """The model cannot be had, or is not the one that is pinned; the text is one sentence for the operator."""
