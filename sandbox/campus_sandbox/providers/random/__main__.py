"""The plugin's entry point."""

from campus_sandbox.providers.engine import serve
from campus_sandbox.providers.random.provider import RandomProvider

if __name__ == "__main__":
    serve(RandomProvider)
