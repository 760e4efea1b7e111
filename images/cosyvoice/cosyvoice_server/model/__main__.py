"""``python -m cosyvoice_server.model fetch|verify``: what the model's Job runs, and what an operator runs by hand."""

import argparse
import errno
import re
import signal
import sys
from pathlib import Path
from types import FrameType

from cosyvoice_server.model.errors import ModelError
from cosyvoice_server.model.fetch import Wish, fetch
from cosyvoice_server.model.marker import check, verify
from cosyvoice_server.model.selection import Selection
from cosyvoice_server.model.sources import Folder, Hub, Source
from cosyvoice_server.model.web import Web

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_COMMIT, _SHA256 = re.compile("[0-9a-f]{40}"), re.compile("[0-9a-f]{64}")


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say, by default the command line's.

    Returns:
        The process's exit code: 0, 1 after one sentence on standard error, 2 for a wrong command line.
    """
    signal.signal(signal.SIGTERM, _stop)  # as PID 1 a process without a handler ignores it
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.command == "verify":
            _verify(given.folder, quick=given.quick)
        else:
            wish = _wish(parser, given)
            with Web(_token(given.token_file)) as web:
                fetch(wish, web, _tell)
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        full = "the volume is full: enlarge it, or remove from it what nobody uses any more"
        print(full if error.errno in _FULL else f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _tell(line: str) -> None:
    print(line, flush=True)


def _verify(folder: Path, *, quick: bool) -> None:
    if quick:
        check(folder)
        _tell(f"the model in {folder} is complete")
    else:
        _tell(f"the model in {folder} is complete: all {len(verify(folder).files)} files were read")


def _token(file: Path | None) -> str | None:
    return file.read_text(encoding="utf-8").strip() if file is not None else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cosyvoice_server.model", description="Fetch and verify the model.")
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="make a folder hold a pinned model; run again, it goes on where it stopped")
    fetching.add_argument("--source", choices=("hub", "url"), required=True)
    fetching.add_argument("--repository", help="the model's name on the hub, such as FunAudioLLM/Fun-CosyVoice3-0.5B-2512")
    fetching.add_argument("--endpoint", help="address of the hub, or of a mirror of it")
    fetching.add_argument("--url", help="address of a folder with a SHA256SUMS")
    fetching.add_argument("--revision", required=True, help="hub: a commit; url: the SHA-256 of SHA256SUMS")
    fetching.add_argument("--folder", type=Path, required=True, help="where the model goes")
    fetching.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="only files that match (default: what the server reads)"
    )
    fetching.add_argument("--tensorrt", action="store_true", help="also what TensorRT needs")
    fetching.add_argument(
        "--sha256", action="append", default=[], metavar="PATH=SHA256", help="a checksum that binds whatever the source says"
    )
    fetching.add_argument("--token-file", type=Path, help="file with a token for the hub")
    fetching.add_argument("--remove-older", action="store_true", help="remove the models beside the folder, but for the one asked for last")
    verifying = commands.add_parser("verify", help="tell whether a folder holds the whole model")
    verifying.add_argument("--folder", type=Path, required=True)
    verifying.add_argument("--quick", action="store_true", help="read only files whose size or time is not the recorded one")
    return parser


def _wish(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Wish:
    source: Source
    if given.source == "hub":
        if not (given.repository and given.endpoint and _COMMIT.fullmatch(given.revision)):
            parser.error("--source hub needs --repository, --endpoint and as --revision a commit of 40 hexadecimal digits: a branch moves")
        source = Hub(given.endpoint, given.repository, given.revision)
    else:
        if not (given.url and _SHA256.fullmatch(given.revision)):
            parser.error("--source url needs --url and as --revision the SHA-256 of the folder's SHA256SUMS, 64 hexadecimal digits")
        source = Folder(given.url, given.revision)
    binding = dict(bound.rpartition("=")[::2] for bound in given.sha256)
    if not all(path and _SHA256.fullmatch(sha256) for path, sha256 in binding.items()):
        parser.error("--sha256 needs PATH=SHA256 with 64 hexadecimal digits")
    return Wish(source, given.folder, Selection(tuple(given.only), given.tensorrt), binding, given.remove_older)


if __name__ == "__main__":
    sys.exit(main())
