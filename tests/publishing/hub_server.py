"""A live local server that plays the Hub as far as pushing goes: log-in, repositories, the choice
between regular and large files, large files by LFS, commits that are whole or nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

TOKEN = "hf_right"


class HubServer:
    """A hub with one user, 'me'.

    Attributes:
        repos: name -> {path: bytes}, what was committed.
        private: names of the private ones.
        refuse: (method, part of the path) -> status that is answered instead.
        seen: (method, path) of every request.
    """

    def __init__(self):
        self.repos, self.private, self.commits = {}, set(), []
        self.refuse, self.seen, self.large = {}, [], {}
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def _do(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                path = urlparse(self.path).path
                hub.seen.append((self.command, path))
                status, answer, headers = hub.answer(self.command, path, self.headers, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _do

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, path, headers, body):
        for (wanted, part), status in self.refuse.items():
            if method == wanted and part in path:
                return (
                    status,
                    {"error": f"refused with {status}"},
                    {"X-Error-Message": "no, said the hub"},
                )
        if path.startswith("/lfs/"):
            self.large[path.removeprefix("/lfs/")] = body
            return 200, {}, {}
        if headers.get("Authorization") != f"Bearer {TOKEN}" and not path.endswith("validate-yaml"):
            return 401, {"error": "Invalid credentials"}, {}
        if path == "/api/whoami-v2":
            return 200, {"type": "user", "name": "me", "orgs": []}, {}
        if path == "/api/validate-yaml":
            return 200, {"warnings": [], "errors": []}, {}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/repos/delete":
            told = json.loads(body)
            del self.repos[f"{told.get('organization')}/{told['name']}"]
            return 200, {}, {}
        return self._in_repo(method, path, body)

    def _create(self, told):
        name = f"{told.get('organization') or 'me'}/{told['name']}"
        if name in self.repos:
            return 409, {"error": "You already created this model repo"}, {}
        self.repos[name] = {}
        if told.get("visibility") == "private" or told.get("private"):
            self.private.add(name)
        return 200, {"url": f"{self.url}/{name}", "name": name}, {}

    def _in_repo(self, method, path, body):
        found = re.match(r"/(?:api/models/)?([^/]+/[^/]+?)(?:\.git)?(/.*)?$", path)
        name, rest = found.group(1), found.group(2) or ""
        if name not in self.repos:
            return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
        files = self.repos[name]
        if rest == "" and method in ("GET", "HEAD"):
            return 200, {"id": name, "sha": "0" * 40, "siblings": [], "tags": []}, {}
        if rest.startswith("/tree/"):
            return 200, [{"type": "file", "path": p, "size": len(c), "oid": "0" * 40}
                         for p, c in files.items()], {}  # fmt: skip
        if rest.startswith("/preupload/"):
            return 200, {"files": [self._mode(f) for f in json.loads(body)["files"]]}, {}
        if rest == "/info/lfs/objects/batch":
            return (
                200,
                {
                    "transfer": "basic",
                    "objects": [self._place(o) for o in json.loads(body)["objects"]],
                },
                {},
            )
        if rest.startswith("/commit/"):
            return self._commit(name, body)
        return 404, {"error": f"no {path}"}, {}

    def _mode(self, file):
        mode = "lfs" if file["path"].endswith(".safetensors") else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}

    def _place(self, thing):
        upload = {"href": f"{self.url}/lfs/{thing['oid']}", "header": {}}
        return {**thing, "actions": {"upload": upload}}

    def _commit(self, name, body):
        files = dict(self.repos[name])
        header, *lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.large[value["oid"]]
                assert hashlib.sha256(content).hexdigest() == value["oid"]
                files[value["path"]] = content
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.repos[name] = files
        self.commits.append((name, header["value"]["summary"]))
        return (
            200,
            {"success": True, "commitUrl": f"{self.url}/{name}/commit/1", "commitOid": "1" * 40},
            {},
        )
