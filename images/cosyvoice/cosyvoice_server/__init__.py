"""The speech server of Campus Voice: CosyVoice's web endpoints over a GPU engine or a CPU engine."""

__all__ = ["__version__"]

__version__ = "0.1.0"
