"""What the sandbox says when it cannot go on."""


class SandboxError(Exception):
    """A user-facing failure, printed as one sentence and without a traceback.

    Args:
        what: what went wrong, naming the offending thing and value; no final full stop.
        why: the rule or cause, as a clause that can follow "because"; empty when `what` says it all.
        way_out: what the user can do now, as an imperative clause; empty when there is nothing to do.
    """

    def __init__(self, what: str, why: str = "", way_out: str = "") -> None:
        self.what = what
        self.why = why
        self.way_out = way_out
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message as one sentence: what, because why: way out."""
        because = f", because {self.why}" if self.why else ""
        advice = f": {self.way_out}" if self.way_out else ""
        return f"{self.what}{because}{advice}."
