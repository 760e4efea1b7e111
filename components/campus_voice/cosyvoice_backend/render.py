"""The Kubernetes objects of a CosyVoiceBackend."""

from campus_voice.ai_app_backend import backup_jobs, render
from campus_voice.shared import labels
from campus_voice.shared.manifests import Manifest, Objects, metadata

from . import fetching, preset, scaling
from .checks import NAME, BackendSettings

ENROLMENT = "enrolment"


def objects(settings: BackendSettings) -> Objects:
    """Render everything of one backend."""
    application = preset.application(settings)
    made = render.objects(application)
    if settings.scaling is not None:
        made[scaling.SCALER] = scaling.scaled_object(application, settings.scaling)
    if settings.model is not None and settings.model.fetch is not None:
        fetch = settings.model.fetch
        made[fetch.claim.suffix] = render.claim(application, fetch.claim)
        made[fetching.NETWORK_POLICY] = fetching.network_policy(application, fetch)
        made[fetching.JOB] = fetching.job(application, fetch)
    if settings.backup is not None:
        made |= backup_jobs.objects(application, settings.backup, preset.saved(settings))
    if settings.ours:
        made[ENROLMENT] = _enrolment(settings)
    return made


def _enrolment(settings: BackendSettings) -> Manifest:
    """Render the keys with which voices are enrolled, one a campus.

    The Secret is there without keys as well: the first key then reaches a running server.
    """
    made: Manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(
            preset.ENROLMENT_NAME, labels.common(NAME, "backend"), namespace=settings.namespace
        ),
        "type": "Opaque",
    }
    if settings.enrolment_keys:
        made["stringData"] = dict(settings.enrolment_keys)
    return made
