"""How an operation that cannot go on says so."""


class OperationError(Exception):
    """Something a person has to put right: one sentence on what and why, one on the way out."""

    def __init__(self, what: str, why: str, way_out: str) -> None:
        self.what = what
        self.why = why
        self.way_out = way_out
        super().__init__(f"{what}: {why}. {way_out}")
