"""Ending what was made with a voice when the voice is gone."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from cosyvoice_server.voices.store import TeacherVoice, VoiceStore

SWEEP_SECONDS = 30.0
"""How late at most a consent that runs out, or a withdrawal on another server of the volume, is noticed here."""
LOG = logging.getLogger(__name__)


class Removal:
    """Removes voices together with every reply that was spoken with them."""

    def __init__(self, store: VoiceStore, outputs: Path, forget: Callable[[frozenset[str]], None]) -> None:
        """Remove voices of ``store`` and the copies in ``outputs``; ``forget`` drops the replies that are held in memory."""
        self.store = store
        self._outputs = outputs
        self._forget = forget

    def start(self) -> None:
        """Sweep now and every ``SWEEP_SECONDS``, in a daemon thread, until the process ends."""
        threading.Thread(target=self._keep_sweeping, name="voices", daemon=True).start()

    def withdraw(self, campus: str, name: str) -> TeacherVoice | None:
        """Remove a voice and what was made with it, and return what it was; nothing when the campus has none of that name."""
        voice = self.store.withdraw(campus, name)
        if voice is not None:
            self._forget(self._cleared(campus))
        return voice

    def sweep(self) -> None:
        """Remove what is over: expired consents, and what voices left that another server or an interrupted removal took away."""
        for voice_id in self.store.expire():
            LOG.info("voice %s is over and removed", voice_id)
        self._forget(frozenset().union(*map(self._cleared, self.store.campuses())))

    def _keep_sweeping(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.sweep()
            except OSError as error:
                LOG.error("the voices volume could not be swept: %s", error.strerror)
            pause.wait(SWEEP_SECONDS)

    def _cleared(self, campus: str) -> frozenset[str]:
        """Remove the copies of a campus's replies that were made with voices it has taken back; return the ids of those voices.

        A reply that ends in this moment looks after itself: it is kept first, and only then asks whether its voice is there.
        """
        gone = self.store.withdrawn(campus)
        for file in (self._outputs / campus).glob("output_*-v*.wav"):
            if file.stem.rpartition("-")[2] in gone:
                file.unlink(missing_ok=True)
        return gone
