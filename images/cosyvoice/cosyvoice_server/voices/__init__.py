"""Teachers' voices: enrolled with consent, spoken on their own campus, withdrawn at once."""

from cosyvoice_server.voices.consent import Consent, EnrolmentError
from cosyvoice_server.voices.store import NameTakenError, TeacherVoice, VoiceStore

__all__ = ["Consent", "EnrolmentError", "NameTakenError", "TeacherVoice", "VoiceStore"]
