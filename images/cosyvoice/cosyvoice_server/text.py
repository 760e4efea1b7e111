"""Cutting a text into sentences, and a sentence into stretches of one language."""

import re
import unicodedata
from enum import StrEnum

LONGEST_CHINESE, LONGEST_OTHER = 60, 150
"""Characters after which a sentence, with or without Chinese in it, is cut at its last pause: about twelve seconds of speech.
It bounds the wait for a chunk and the memory for it."""

ABBREVIATION = re.compile(r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|No|Fig|e\.g|i\.e|a\.m|p\.m))$", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?:[。！？!?…]+|\.+(?=[\s\"'”’)）]|$)|\n)[\"'”’)）」』》]*")
PAUSE = re.compile(r"[，,；;：:、]\s*|\s+[–—-]+\s+")
WORD = re.compile(r"\w")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
LATIN_STRETCH = re.compile(r"[A-Za-z\u00c0-\u024f](?:[A-Za-z\u00c0-\u024f'’.\- ]*[A-Za-z\u00c0-\u024f'’])?")
FULL_WIDTH = re.compile(r"[０-９Ａ-Ｚａ-ｚ]")


class Language(StrEnum):
    """The languages that the CPU engine speaks."""

    CHINESE = "zh"
    ENGLISH = "en"


def sentences(text: str) -> list[str]:
    """Cut a text into sentences that have words in them, none longer than about twelve seconds of speech."""
    found: list[str] = []
    start = 0
    for end in SENTENCE_END.finditer(text):
        if end.group().startswith(".") and ABBREVIATION.search(text, start, end.start()):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return [piece for sentence in found for piece in shortened(sentence.strip()) if WORD.search(piece)]


def shortened(sentence: str) -> list[str]:
    """Cut a sentence that is too long at the last pause, else the last space, else the last character that fits."""
    pieces: list[str] = []
    longest = LONGEST_CHINESE if HAN.search(sentence) else LONGEST_OTHER
    while len(sentence) > longest:
        head = sentence[:longest]
        pauses = [pause.end() for pause in PAUSE.finditer(head)]
        cut = pauses[-1] if pauses else head.rfind(" ") + 1 or longest
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]


def language_of(sentence: str, otherwise: Language) -> Language:
    """Tell a sentence's language: Chinese with any Han character, English with Latin letters, else the one given."""
    if HAN.search(sentence):
        return Language.CHINESE
    return Language.ENGLISH if LATIN.search(sentence) else otherwise


def stretches(sentence: str, language: Language) -> list[tuple[Language, str]]:
    """Cut a sentence into stretches of one language each, in order; numbers go with the sentence's own language."""
    plain = FULL_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found.group()), sentence)
    if language is Language.ENGLISH:
        return [(Language.ENGLISH, plain)]
    parts: list[tuple[Language, str]] = []
    start = 0
    for latin in LATIN_STRETCH.finditer(plain):
        parts.append((Language.CHINESE, plain[start : latin.start()]))
        parts.append((Language.ENGLISH, latin.group()))
        start = latin.end()
    parts.append((Language.CHINESE, plain[start:]))
    return [(of, part) for of, part in parts if part.strip()]
