"""What can go wrong between here and the hub, each in one sentence. It asks nothing itself."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from obim.errors import DownloadError, ObimError
from obim.models.hub import HubRef

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def plainly(ref: HubRef, endpoint: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into a `DownloadError`; of any other error nothing."""
    try:
        yield
    except ObimError:
        raise
    except Exception as error:
        said = _repository(ref, error) or _connection(ref, endpoint, error) or _disk(error)
        if said is None:
            raise
        raise said from error


def _repository(ref: HubRef, error: Exception) -> DownloadError | None:
    """The hub answered, and the answer is no."""
    if isinstance(error, GatedRepoError):
        return DownloadError(
            "{model} is gated: accept its terms on its page of the hub, log in here with "
            "`hf auth login`, and download it again.",
            model=ref.repo,
        )
    if isinstance(error, RepositoryNotFoundError):
        return DownloadError(
            "The hub has no model {model}, or it is private; check the name, or log in with "
            "`hf auth login`.",
            model=ref.repo,
        )
    if isinstance(error, RevisionNotFoundError):
        return DownloadError(
            "{model} has no revision {revision}; check its name.",
            model=ref.repo,
            revision=ref.revision,
        )
    if isinstance(error, HfHubHTTPError):
        return DownloadError(
            "The hub answered {status} when asked for {model}; try again later.",
            status=error.response.status_code,
            model=ref.repo,
        )
    return None


def _connection(ref: HubRef, endpoint: str, error: Exception) -> DownloadError | None:
    """The hub did not answer, or not to the end."""
    if isinstance(error, OfflineModeIsEnabled):
        return DownloadError(
            "Downloads are switched off here by HF_HUB_OFFLINE; unset it to download {model}.",
            model=ref.repo,
        )
    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else error
    name = type(cause).__name__
    if not type(cause).__module__.startswith("httpx") and not _is_short(error):
        return None
    if name in ("ConnectError", "ConnectTimeout", "ProxyError"):
        return DownloadError(
            "The hub can't be reached at {address}; check the network and download {model} again.",
            address=endpoint,
            model=ref.repo,
        )
    return DownloadError(
        "The connection to the hub broke off; download {model} again, it goes on where it stopped.",
        model=ref.repo,
    )


def _is_short(error: Exception) -> bool:
    """A file ended before its size was reached: huggingface_hub says so without a number."""
    return type(error) is OSError and error.errno is None and "Consistency check" in str(error)


def _disk(error: Exception) -> DownloadError | None:
    """The cache can't take what arrives."""
    code = error.errno if isinstance(error, OSError) else None
    folder = constants.HF_HUB_CACHE
    if code in _FULL:
        return DownloadError(
            "The disk that holds {folder} is full; make room there and download again, it goes on "
            "where it stopped.",
            folder=folder,
        )
    if code in _CLOSED:
        return DownloadError(
            "{folder} can't be written to; set HF_HOME to a folder of yours.", folder=folder
        )
    return None
