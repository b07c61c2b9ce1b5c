"""A stand-in for the hub on loopback: as much of its protocol as huggingface_hub asks for.

Weights lie behind a redirect to another host name, with the headers that the hub gives there; they
can be cut short, slowed down or spoilt, and every request is written down.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

from obim.runs.downloading import ON_REQUEST

_BLOCK = 16 * 1024


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    range: str | None


@dataclass
class Repository:
    """A folder served as a repository.

    Attributes:
        folder: its files.
        gated: status given to who asks for a file.
        revisions: branches and tags -> commit.
        config: what the hub says of its config.
    """

    folder: Path
    gated: int | None = None
    revisions: dict[str, str] = field(default_factory=dict)
    config: dict[str, object] = field(default_factory=dict)


@dataclass
class HubStandIn:
    """What is served, and how badly.

    Attributes:
        cuts: after so many bytes the connection of a file of weights is cut; one cut a request.
        pause: seconds between two blocks of 16 KiB of weights.
        spoilt: weights come with their last byte changed.
        asked: all requests, in order.
    """

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    pause: float = 0.0
    spoilt: bool = False
    asked: list[Asked] = field(default_factory=list)

    def add(self, repo: str, folder: Path, **settings: object) -> str:
        """Serve a folder; returns its commit on ``main``."""
        commit = hashlib.sha1(repo.encode()).hexdigest()
        revisions = {"main": commit, "v1": commit}
        self.repositories[repo] = Repository(folder, revisions=revisions, **settings)  # type: ignore[arg-type]
        return commit

    def ranges(self) -> list[str | None]:
        """The Range headers of the requests for weights themselves."""
        return [a.range for a in self.asked if a.method == "GET" and a.path.startswith("/cdn/")]


@contextmanager
def serve_hub() -> Iterator[HubStandIn]:
    """Serve on a free port until the end of the block."""
    hub = HubStandIn()

    class Handler(_Handler):
        stand_in = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def hub_and_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """A hub with nothing in it and an empty cache, for this process and those it starts."""
    with serve_hub() as stand_in:
        for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", ON_REQUEST):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_ENDPOINT", stand_in.address)
        monkeypatch.setenv("HF_HOME", str(home))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield stand_in


class _Handler(BaseHTTPRequestHandler):
    """Answers for one hub."""

    stand_in: HubStandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.stand_in.asked.append(Asked(self.command, path, self.headers.get("Range")))
        parts = path.strip("/").split("/")
        if parts[0] == "cdn":
            self._content(Path("/".join(["", *parts[2:]])))
            return
        parts = parts[2:] if parts[:2] == ["api", "models"] else parts
        repo, kind, revision, rest = "/".join(parts[:2]), parts[2], parts[3], parts[4:]
        served = self.stand_in.repositories.get(repo)
        if served is None:
            self._refuse(404, "RepoNotFound")
            return
        known = {**served.revisions, **{c: c for c in served.revisions.values()}}
        if revision not in known:
            self._refuse(404, "RevisionNotFound")
        elif kind == "revision":
            self._describe(repo, served, known[revision])
        elif served.gated is not None:
            self._refuse(served.gated, "GatedRepo")
        elif not (served.folder / "/".join(rest)).is_file():
            self._refuse(404, "EntryNotFound", {"X-Repo-Commit": known[revision]})
        else:
            self._resolve(served.folder / "/".join(rest), known[revision])

    def _describe(self, repo: str, served: Repository, commit: str) -> None:
        files = []
        for path in sorted(p for p in served.folder.rglob("*") if p.is_file()):
            content = path.read_bytes()
            entry = {
                "rfilename": path.relative_to(served.folder).as_posix(),
                "size": len(content),
                "blobId": hashlib.sha1(content).hexdigest(),
            }
            if path.suffix == ".safetensors":
                sha = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": sha, "size": len(content), "pointerSize": 134}  # type: ignore[assignment]
            files.append(entry)
        said = {"id": repo, "sha": commit, "siblings": files, "config": served.config}
        body = json.dumps(said | {"gated": "manual" if served.gated else False}).encode()
        self._send(200, {"Content-Type": "application/json"}, body)

    def _resolve(self, path: Path, commit: str) -> None:
        """The file itself; of weights the hub only says where they are."""
        if path.suffix != ".safetensors":
            content = path.read_bytes()
            etag = f'"{hashlib.sha1(content).hexdigest()}"'
            self._send(200, {"X-Repo-Commit": commit, "ETag": etag}, content)
            return
        port = self.server.server_address[1]
        self._send(
            302,
            {
                "Location": f"http://localhost:{port}/cdn/x{path}",
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"',
                "X-Linked-Size": str(path.stat().st_size),
            },
            b"",
        )

    def _content(self, path: Path) -> None:
        content = path.read_bytes()
        if self.stand_in.spoilt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        first, last, status = 0, len(content) - 1, 200
        wanted = self.headers.get("Range")
        headers = {"Accept-Ranges": "bytes"}
        if wanted is not None:
            low, _, high = wanted.removeprefix("bytes=").partition("-")
            first, status = int(low), 206
            last = min(last, int(high)) if high else last
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(status, headers, content[first : last + 1], slow=first + 100_001 <= last)

    def _refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        said = {"X-Error-Code": code, "X-Error-Message": code, **(headers or {})}
        self._send(status, said, b"")

    def _send(self, status: int, headers: dict[str, str], body: bytes, slow: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.stand_in.cuts.pop(0) if slow and self.stand_in.cuts else len(body)
        for start in range(0, cut, _BLOCK):
            self.wfile.write(body[start : min(start + _BLOCK, cut)])
            if slow and self.stand_in.pause:
                time.sleep(self.stand_in.pause)
        if cut < len(body):
            self.close_connection = True
