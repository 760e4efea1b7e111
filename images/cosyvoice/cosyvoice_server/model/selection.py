"""Which files of a model's repository the server reads."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

UNREAD = ("llm.rl.pt", "*.batch.onnx", "README*", "asset/*", "*.md", "*.png")
"""Half of CosyVoice 3's repository: a second language model that nothing loads, the tokenizer for batches, pictures."""
TENSORRT = ("flow.decoder.estimator.*.onnx",)
"""What a TensorRT plan is built from, and nothing else reads."""


@dataclass(frozen=True)
class Selection:
    """The files that are wanted."""

    only: tuple[str, ...] = ()
    """Patterns of which a file has to match one; none: whatever the server may read."""
    tensorrt: bool = False
    """Whether what TensorRT needs is wanted too."""

    def wants(self, path: str) -> bool:
        """Tell whether the file is wanted; names that begin with a dot never are."""
        if path.startswith("."):
            return False
        if self.only:
            return _matches(path, self.only)
        return not _matches(path, UNREAD) and (self.tensorrt or not _matches(path, TENSORRT))


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
