"""What tests' engines have in common: each is about one thing, such as how long or how nicely it speaks."""

from cosyvoice_server.engines.base import SpeechRequest


class PlainEngine:
    """An engine that needs no loading, is never ill and has one voice; how it speaks is the test's."""

    sample_rate = 24_000

    def load(self) -> None:
        pass

    def voices(self) -> tuple[str, ...]:
        return ("中文女",)

    def ailment(self) -> str:
        return ""

    def notices(self, request: SpeechRequest) -> list[str]:
        return []
