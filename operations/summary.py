"""The last words of `make up`: where the campuses are, what to trust, what to try next."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from operations.cluster import Cluster, connect
from operations.command import carry_out
from operations.outputs import StackOutputs
from operations.stack import read_stack
from operations.trust import authority

CA_FOLDER = Path(".sandbox")


def ca_file_of(stack: str) -> Path:
    """Where the CA of `stack` goes: stacks have different CAs, and one is not written over another's."""
    return CA_FOLDER / f"{stack.rsplit('/', 1)[-1]}-ca.crt"


def authorities(outputs: StackOutputs, cluster: Cluster) -> str:
    """The PEM text of the campuses' own CAs, each once; empty when public authorities signed for all."""
    found: dict[str, None] = {}
    for tls in outputs.tls.values():
        if ca := authority(cluster, tls):
            found[ca.strip() + "\n"] = None
    return "".join(found)


def words(stack: str, outputs: StackOutputs, ca_file: Path | None) -> str:
    """What is printed; `ca_file` is None when any browser trusts the campuses' certificates already."""
    width = max(map(len, outputs.campuses))
    campuses = [
        f"  {name:<{width}}  {campus.url}/"
        + ("" if campus.backend else f"  (brought by a stack of its own: make up STACK=campus-{name})")
        for name, campus in outputs.campuses.items()
    ]
    first = next(iter((outputs.spoken_here() or outputs.campuses).values()))
    trust = f"--cacert {ca_file} " if ca_file else ""
    lines = [f"Stack {stack} is up. Its campuses:", *campuses]
    if ca_file:
        lines += [
            f"Their certificates are signed by {ca_file}: import it into your browser, or accept its warning."
        ]
    lines += [
        "Try next:",
        f"  {first.url}/read     the students' reading room, in a browser",
        f"  curl {trust}{first.url}/v1/voices",
        "      the voices of programs; docs/how-to/let-people-and-programs-in.md has one speak",
        f"  make smoke STACK={stack}     a spoken sentence from each campus, as WAV files",
        f"  make status STACK={stack}    what runs, where, how healthy",
        f"  make logs STACK={stack}      what the gateway and the speech server write",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Write the CA's file where there is a CA, and print the words."""
    parser = argparse.ArgumentParser(prog="python -m operations.summary", description=__doc__)
    parser.add_argument("--stack", default="dev", help="the Pulumi stack (default: dev)")
    parser.add_argument("--ca-file", type=Path, help=f"where the CA goes (default: {ca_file_of('<stack>')})")
    given = parser.parse_args(arguments)
    stack = read_stack(given.stack)
    ca_file: Path = given.ca_file or ca_file_of(stack.name)
    pem = authorities(stack.outputs, connect(stack.kubeconfig, stack.context))
    if pem:
        ca_file.parent.mkdir(parents=True, exist_ok=True)
        ca_file.write_text(pem)
    print(words(stack.name, stack.outputs, ca_file if pem else None))
    return 0


if __name__ == "__main__":
    sys.exit(carry_out(main))
