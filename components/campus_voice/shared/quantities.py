"""Kubernetes quantities, such as `20Gi` or `100m`, in the form in which the API server stores them."""

import re
from fractions import Fraction

_BINARY_STEP = 1024
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")


def canonical(quantity: str) -> str:
    """Write a positive quantity as the API server does: `1024Mi` becomes `1Gi`, `0.5` becomes `500m`.

    A quantity written otherwise is stored otherwise, and a later refresh reports a change that nobody
    made. The rules are those of
    https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity.

    Raises:
        ValueError: the text is no positive quantity, or it is finer than a thousandth.
    """
    value, binary = _parsed(quantity)
    if value <= 0 or (value * 1000).denominator != 1:
        raise ValueError(quantity)
    if binary and value >= _BINARY_STEP and value.denominator == 1:
        return _largest_suffix(value.numerator, _BINARY_STEP, _BINARY)
    return _largest_suffix((value * 1000).numerator, 1000, tuple(_DECIMAL))


def exact(quantity: str) -> Fraction:
    """Tell how much a quantity is, in its unit without a suffix: `500m` is a half.

    Raises:
        ValueError: the text is no quantity.
    """
    return _parsed(quantity)[0]


def whole(quantity: str) -> int:
    """Tell how much a quantity is, in its unit without a suffix, rounded down: `1Ki` is 1024.

    Raises:
        ValueError: the text is no quantity.
    """
    return int(exact(quantity))


def _parsed(quantity: str) -> tuple[Fraction, bool]:
    """Read a quantity: its value, and whether its suffix is a binary one."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(quantity)
    number, suffix = Fraction(match[1]), match[2] or ""
    binary = suffix.endswith("i")
    scale = Fraction(1024) ** _BINARY.index(suffix) if binary else Fraction(1000) ** _DECIMAL[suffix]
    return number * scale, binary


def _largest_suffix(count: int, base: int, suffixes: tuple[str, ...]) -> str:
    """Write a count of the smallest unit with the largest suffix that leaves no fraction."""
    step = 0
    while step + 1 < len(suffixes) and count % base == 0:
        count //= base
        step += 1
    return f"{count}{suffixes[step]}"
