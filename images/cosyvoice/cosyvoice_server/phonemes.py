"""Turning Chinese and English text into the phonemes that Kokoro was trained on."""

import ctypes
import re
import threading

import espeakng_loader
import rjieba
from misaki.transcription import pinyin_to_ipa
from misaki.zh_normalization import TextNormalizer
from pypinyin import Style, lazy_pinyin

from cosyvoice_server.text import Language

# Kokoro's spelling of the Mandarin tones and of the syllabic vowels, as in misaki's Chinese front end (Apache-2.0).
TONES = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"), ("\u027b\u0329", "ɨ"), ("\u0279\u0329", "ɨ"), ("\u032f", ""))
PUNCTUATION = str.maketrans(
    {"，": ", ", "、": ", ", "。": ". ", "．": ". ", "！": "! ", "：": ": ", "；": "; ", "？": "? "}
    | dict.fromkeys("《「『【", " “")
    | dict.fromkeys("》」』】", "” ")
    | {"（": " (", "）": ") "}
)
HAN_STRETCH = re.compile(r"([\u4e00-\u9fff]+)")

# espeak-ng's American English written as Kokoro's, longest first: one letter for each diphthong and affricate
# (https://github.com/hexgrad/misaki, espeak.py). "^" is the tie that espeak is told to put inside them.
ENGLISH_SPELLING = (
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("o^ʊ", "O"), ("ə^l", "ᵊl"),
    ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ɚɹ", "əɹ"), ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"),
    ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("ɾ", "T"), ("ʔ", "t"), ("e", "A"), ("o", "ɔ"), ("\u0303", ""), ("ː", ""), ("^", ""),
)  # fmt: skip
SYLLABIC = re.compile(r"(\S)\u0329")
ENGLISH_PAUSE = re.compile(r"([,.;:!?…—]+(?=\s|$|[\"”’)])|[\"“”()])")

# Values of espeak-ng's speak_lib.h.
SYNCHRONOUS, DONT_EXIT, UTF8 = 2, 0x8000, 1
IPA_WITH_TIE = 0x02 | 0x80 | ord("^") << 8


class Phonemizer:
    """Writes text as Kokoro's phonemes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._normalizer = TextNormalizer()
        self._espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        self._espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._espeak.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), DONT_EXIT)
        self._espeak.espeak_SetVoiceByName(b"en-us")
        self._one_at_a_time = threading.Lock()  # espeak-ng keeps its state in global variables

    def phonemes(self, language: Language, text: str) -> str:
        """Write a stretch of one language as phonemes, its punctuation kept; empty when nothing in it is spoken."""
        return self._chinese(text) if language is Language.CHINESE else self._english(text)

    def _chinese(self, text: str) -> str:
        spelled = "".join(self._normalizer.normalize(text)).translate(PUNCTUATION)
        parts = [
            " ".join(map(_syllables, rjieba.cut(part))) if HAN_STRETCH.fullmatch(part) else part for part in HAN_STRETCH.split(spelled)
        ]
        return "".join(parts).strip()

    def _english(self, text: str) -> str:
        parts = [
            part.strip() + " " if ENGLISH_PAUSE.fullmatch(part) else self._american(part)
            for part in ENGLISH_PAUSE.split(text)
            if part.strip()
        ]
        return "".join(parts).strip()

    def _american(self, text: str) -> str:
        source = ctypes.create_string_buffer(text.encode())
        position = ctypes.c_void_p(ctypes.addressof(source))
        clauses: list[str] = []
        with self._one_at_a_time:
            while position.value:
                clauses.append(self._espeak.espeak_TextToPhonemes(ctypes.byref(position), UTF8, IPA_WITH_TIE).decode())
        spelled = " ".join(clauses)
        for theirs, ours in ENGLISH_SPELLING:
            spelled = spelled.replace(theirs, ours)
        return SYLLABIC.sub(r"ᵊ\1", spelled).replace("\u0329", "")


def _syllables(word: str) -> str:
    """Write one Chinese word as phonemes with tones."""
    pinyin = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)
    spelled = "".join("".join(pinyin_to_ipa(syllable)[0]) for syllable in pinyin)
    for theirs, ours in TONES:
        spelled = spelled.replace(theirs, ours)
    return spelled
