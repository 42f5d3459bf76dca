"""A folder on the Hub, in one commit or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
)
from huggingface_hub.utils._validators import validate_repo_id

from ictrain.errors import RunError

_KEPT = ".gitattributes"  # the Hub's own; without it large files are no longer known as such


@dataclass(frozen=True)
class Push:
    """Where a folder goes.

    Attributes:
        repo: user/name.
        private: for a repository that is made.
        update: it may be there already, and becomes what the folder is.
    """

    repo: str
    private: bool = False
    update: bool = False

    def check(self, api: HfApi | None = None) -> None:
        """Whether a push can work, before anything is computed for it.

        Raises:
            RunError: not a name, no network, no log-in, or the repository is there.
        """
        api = api or HfApi()
        with _on_one_line(self.repo):
            if self.repo.count("/") != 1:
                raise HFValidationError("no user or organisation in it")
            validate_repo_id(self.repo)
            api.whoami()
            there = api.repo_exists(self.repo)
        if there and not self.update:
            raise RunError(
                "is there already",
                where=f"{self.repo} on the Hub",
                mend="another name, or --update",
            )

    def upload(self, folder: Path, message: str, api: HfApi | None = None) -> str:
        """Makes the repository and commits the folder to it; returns its address.

        Not upload_folder: that commits what it has every few minutes, so that a push that breaks
        leaves a part. Here a repository that this call has made is taken away again.

        Raises:
            RunError: as check, or the Hub refused; then the repository is as it was.
        """
        api = api or HfApi()
        with _on_one_line(self.repo):
            made = not (self.update and api.repo_exists(self.repo))
            if made:
                api.create_repo(self.repo, private=self.private)
            try:
                self._commit(folder, message, api)
            except BaseException:
                if made:
                    with contextlib.suppress(Exception):
                        api.delete_repo(self.repo)
                raise
        return f"{api.endpoint}/{self.repo}"

    def _commit(self, folder: Path, message: str, api: HfApi) -> None:
        files = {
            f.relative_to(folder).as_posix(): f for f in sorted(folder.rglob("*")) if f.is_file()
        }
        stale = (
            set(api.list_repo_files(self.repo)) - files.keys() - {_KEPT} if self.update else set()
        )
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            CommitOperationAdd(path_in_repo=name, path_or_fileobj=file)
            for name, file in files.items()
        ]
        operations += [CommitOperationDelete(path_in_repo=name) for name in sorted(stale)]
        api.create_commit(self.repo, operations=operations, commit_message=message)


@contextlib.contextmanager
def _on_one_line(repo: str) -> Iterator[None]:
    """The client's errors run over many lines, and network errors are of its HTTP library."""
    where = f"{repo} on the Hub"
    try:
        yield
    except RunError:
        raise
    except LocalTokenNotFoundError:
        raise RunError(
            "not logged in", where=where, mend="`hf auth login`, or set HF_TOKEN"
        ) from None
    except OfflineModeIsEnabled:
        raise RunError("HF_HUB_OFFLINE is set", where=where, mend="unset it to push") from None
    except HFValidationError as error:
        raise RunError(f"not a name: {_first(error)}", expected="user/name", where=repo) from None
    except HfHubHTTPError as error:
        raise _refusal(error, where) from error
    except Exception as error:
        raise RunError(
            f"cannot reach the Hub: {_first(error)}", where=where, mend="check the network"
        ) from error


def _refusal(error: HfHubHTTPError, where: str) -> RunError:
    status, said = error.response.status_code, error.server_message or _first(error)
    mend = {
        401: "the token is not valid: `hf auth login --force`",
        403: "the token may not write there: take one with write access, or push to your own name",
        409: "another name, or --update",
    }
    return RunError(
        f"the Hub answered {status}: {said}", where=where, mend=mend.get(status, "try again later")
    )


def _first(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
