"""Where a model comes from: a hub that speaks the Hugging Face API, or a plain folder on a web server.

Both are pinned by one value that names the content: a commit of the hub's repository, or the SHA-256 of the folder's
``SHA256SUMS``. A mirror therefore cannot serve another model under the same settings.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from cosyvoice_server.model.contents import Content, safe_path
from cosyvoice_server.model.errors import ModelError
from cosyvoice_server.model.marker import SUMS, sums_of
from cosyvoice_server.model.selection import Selection
from cosyvoice_server.model.web import Web, shown


@dataclass(frozen=True)
class RemoteFile:
    """One file of the model."""

    path: str
    address: str
    content: Content


class Source(Protocol):
    """A place that has a pinned revision of a model."""

    def identity(self) -> dict[str, Any]:
        """Name the content, however it is reached: two fetches with the same identity bring the same bytes."""

    def files(self, web: Web, selection: Selection) -> list[RemoteFile]:
        """List the files that are wanted.

        Raises:
            ModelError: the place does not answer, has no such revision, or does not say what a file has to be.
        """


@dataclass(frozen=True)
class Hub:
    """A repository on a hub: https://huggingface.co/docs/hub/api, or a mirror of it.

    ``GET /api/models/<repository>/revision/<revision>?blobs=true`` lists the files with their sizes, the SHA-256 of
    those in Git LFS and the git blob of the others; ``GET /<repository>/resolve/<revision>/<path>`` gives a file, mostly by
    a redirect to where it is stored.
    """

    endpoint: str
    repository: str
    revision: str

    def identity(self) -> dict[str, Any]:
        """Name the content; every endpoint has the same."""
        return {"repository": self.repository, "revision": self.revision}

    def files(self, web: Web, selection: Selection) -> list[RemoteFile]:
        """List the files that are wanted."""
        root = self.endpoint.rstrip("/")
        place = f"{self.repository} at {self.revision}"
        listing = web.listing(f"{root}/api/models/{self.repository}/revision/{self.revision}", place, blobs="true")
        if listing.get("sha") != self.revision:
            message = f"{shown(root)} answers with the commit {listing.get('sha')} for {place}: give a commit that it has"
            raise ModelError(message)
        files = []
        for entry in listing.get("siblings", []):
            if selection.wants(entry["rfilename"]):
                path = safe_path(entry["rfilename"], shown(root))
                address = f"{root}/{self.repository}/resolve/{self.revision}/{quote(path)}"
                files.append(RemoteFile(path, address, self._content(entry)))
        return files

    def _content(self, entry: dict[str, Any]) -> Content:
        stored = entry.get("lfs") or {}
        if not isinstance(entry.get("size"), int) or not (stored.get("sha256") or entry.get("blobId")):
            message = f"{shown(self.endpoint)} gives no size or no checksum of {entry['rfilename']}: use a hub that does"
            raise ModelError(message)
        return Content(entry["size"], stored.get("sha256"), None if stored else entry["blobId"])


@dataclass(frozen=True)
class Folder:
    """A folder on a web server with a ``SHA256SUMS`` in it."""

    url: str
    revision: str
    """SHA-256 of ``SHA256SUMS``."""

    def identity(self) -> dict[str, Any]:
        """Name the content; every address has the same."""
        return {"sums": self.revision}

    def files(self, web: Web, selection: Selection) -> list[RemoteFile]:
        """List the files that are wanted."""
        root, place = self.url.rstrip("/"), f"{SUMS} of {shown(self.url)}"
        sums = web.content(f"{root}/{SUMS}", place)
        found = hashlib.sha256(sums).hexdigest()
        if found != self.revision:
            message = f"{place} has SHA-256 {found}, but {self.revision} is pinned: correct the pin if the model was changed on purpose"
            raise ModelError(message)
        files = []
        for path, sha256 in sums_of(sums.decode(), place).items():
            if selection.wants(path):
                address = f"{root}/{quote(path)}"
                files.append(RemoteFile(path, address, Content(web.size(address, path), sha256)))
        return files
