"""What a run says, to people and to programs."""

from collections.abc import Sequence

from operations.smoke.run import Outcome, exit_code


def line(outcome: Outcome) -> str:
    """One campus in one line."""
    if outcome.own_stack:
        return (
            f"{outcome.campus}: not asked here, it has a stack of its own that speaks for it: "
            f"make smoke STACK=campus-{outcome.campus}"
        )
    if outcome.no_voice is not None:
        return f"{outcome.campus}: NOT PROVEN. {outcome.no_voice}"
    if outcome.failure is not None or outcome.spoken is None:
        return f"{outcome.campus}: FAILED. {outcome.failure}"
    spoken = outcome.spoken
    wrong = f" ({spoken.verdict.wrong} wrong)" if spoken.verdict.wrong else ""
    return (
        f"{outcome.campus}: {outcome.url} said {spoken.verdict.spoken}, heard {spoken.verdict.heard}{wrong}; "
        f"first audio {spoken.first_audio:.2f} s, all {spoken.total:.2f} s; "
        f"{spoken.seconds:.1f} s of sound at {spoken.loudness:.0f} dBFS by {spoken.voice}; "
        f"Envoy cluster {outcome.cluster}; {spoken.file}"
    )


def summary(stack: str, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """A run as JSON; times in seconds, loudness in dBFS, and `ok` for the exit code 0."""
    return {
        "stack": stack,
        "ok": exit_code(outcomes) == 0,
        "campuses": [_entry(item) for item in outcomes],
    }


def _entry(outcome: Outcome) -> dict[str, object]:
    entry: dict[str, object] = {
        "campus": outcome.campus,
        "url": outcome.url,
        "ok": outcome.well,
        "ownStack": outcome.own_stack,
        "failure": outcome.failure,
        "noVoice": outcome.no_voice,
    }
    if outcome.spoken is not None:
        spoken = outcome.spoken
        entry |= {
            "spoken": spoken.verdict.spoken,
            "heard": spoken.verdict.heard,
            "wrongDigits": spoken.verdict.wrong,
            "voice": spoken.voice,
            "firstAudioSeconds": round(spoken.first_audio, 3),
            "totalSeconds": round(spoken.total, 3),
            "audioSeconds": round(spoken.seconds, 3),
            "loudness": round(spoken.loudness, 1),
            "file": str(spoken.file),
            "requestId": spoken.request_id,
            "envoyCluster": outcome.cluster,
        }
    return entry
