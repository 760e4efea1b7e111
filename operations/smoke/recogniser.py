"""Which digits a sound says, by PocketSphinx and the English model in its wheel.

https://github.com/cmusphinx/pocketsphinx. The grammar below allows digits alone, so that no language model
and no network is needed.
"""

from array import array

from pocketsphinx import Decoder

from operations.smoke.sentence import WORDS

DIGITS = {word: digit for digit, word in WORDS.items()}

RATE = 16000
"""Samples a second of the sound the model was trained on."""

WORD_PENALTY = 0.005
"""Makes a word dear enough that one is not heard as two, and not so dear that two are heard as one."""

MARGIN = RATE * 3 // 10
"""Silence added before and after, in samples: the model expects to hear some around a sentence."""

LOUDEST = 0.7
"""Share of full scale the loudest sample is brought to."""

GRAMMAR = f"#JSGF V1.0;\ngrammar digits;\npublic <digits> = ( {' | '.join(DIGITS)} )+;\n"


def heard_digits(samples: "array[int]") -> str:
    """The digits in `samples` (16 bit, mono, RATE a second), as in "40172935"; empty when none is heard.

    Each call has a decoder of its own: a decoder adapts to what it heard before, and the same sound shall
    always be heard the same.
    """
    if not any(samples):
        return ""
    decoder = Decoder(samprate=RATE, lm=None, wip=WORD_PENALTY, loglevel="FATAL")
    decoder.add_jsgf_string("digits", GRAMMAR)
    decoder.activate_search("digits")
    decoder.start_utt()
    decoder.process_raw(_prepared(samples).tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    words = hypothesis.hypstr.split() if hypothesis else []
    return "".join(DIGITS[word.split("(")[0]] for word in words)


def _prepared(samples: "array[int]") -> "array[int]":
    """The samples at an even loudness, with silence around them."""
    gain = LOUDEST * 32767 / max(map(abs, samples))
    silence = array("h", bytes(2 * MARGIN))
    return silence + array("h", (round(sample * gain) for sample in samples)) + silence
