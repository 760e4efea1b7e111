"""The canonical form of Kubernetes quantities: what the API server answers for what a program wrote.

Rules: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal
from typing import Final

_FORM: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL: Final = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def canonical(value: str | int | float) -> str | None:
    """The canonical spelling, or None when `value` is no quantity.

    Examples: "1000m" is "1", "0.5" is "500m", "1024Mi" is "1Gi", 2 is "2".
    """
    match = _FORM.fullmatch(str(value))
    if match is None:
        return None
    number, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY:
        amount = number * 1024 ** _BINARY[suffix]
        if amount == amount.to_integral_value() and abs(amount) >= 1024:
            return _scaled(amount, 1024, _BINARY, lowest=0)
        return _scaled(amount, 1000, _DECIMAL, lowest=-3)
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return None
    return _scaled(number * Decimal(1000) ** _DECIMAL[suffix], 1000, _DECIMAL, lowest=-3)


def _scaled(amount: Decimal, base: int, suffixes: dict[str, int], lowest: int) -> str | None:
    if amount == 0:
        return "0"
    for suffix, exponent in sorted(suffixes.items(), key=lambda item: -item[1]):
        mantissa = amount / Decimal(base) ** exponent
        if exponent >= lowest and mantissa == mantissa.to_integral_value():
            return f"{int(mantissa)}{suffix}"
    if base == 1024:
        return str(int(amount))
    return None
