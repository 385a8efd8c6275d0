"""Find a model's weights in the cache or on the Hugging Face hub, or raise the reason why not.

Not here: building a model from them (``openclip``, ``timm_models``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from panoptic_data.errors import WeightsUnavailable

__all__ = ["hub_file", "local_file", "quiet_root_logger"]

# Without a network the resolver fails at once; a network that drops packets must not delay a run
# for longer than this. The hub's own client retries for 45 s.
TIMEOUT_SECONDS = 5.0


def hub_file(encoder: str, repo: str, names: Sequence[str], revision: str | None = None) -> Path:
    """Return the first of ``names`` that the repository holds, downloading it once.

    A file in the cache is returned without touching the network. Raises WeightsUnavailable.
    """
    # Imported here because it costs 0.5 s, only needed by those who load weights.
    from huggingface_hub import try_to_load_from_cache

    for name in names:
        cached = try_to_load_from_cache(repo, name, revision=revision)
        if isinstance(cached, str):
            return Path(cached)
    try:
        return _download(encoder, repo, names, revision)
    except WeightsUnavailable:
        raise
    except Exception as error:
        # Whatever goes wrong on the way to the hub is a cause to report, never a crash.
        raise _unavailable(encoder, repo, error) from error


def local_file(encoder: str, path: Path) -> Path:
    """Return ``path`` when it is a file; raises WeightsUnavailable."""
    if not path.is_file():
        raise WeightsUnavailable(encoder, "absent", str(path))
    return path


@contextmanager
def quiet_root_logger() -> Iterator[None]:
    """Keep a library that logs through the root logger from installing a handler on it."""
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _download(encoder: str, repo: str, names: Sequence[str], revision: str | None) -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    for name in names:
        try:
            # One request without retries: is the file available now?
            get_hf_file_metadata(hf_hub_url(repo, name, revision=revision), timeout=TIMEOUT_SECONDS)
        except EntryNotFoundError:
            continue
        return Path(hf_hub_download(repo, name, revision=revision))
    raise WeightsUnavailable(encoder, "not_online", f"{repo}/{names[0]}")


def _unavailable(encoder: str, repo: str, error: Exception) -> WeightsUnavailable:
    from huggingface_hub import errors

    repository = f"huggingface.co/{repo}"
    if isinstance(error, errors.GatedRepoError):
        return WeightsUnavailable(encoder, "gated", repository)
    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return WeightsUnavailable(encoder, "not_online", repository)
    if isinstance(error, errors.HfHubHTTPError):
        return WeightsUnavailable(encoder, "refused", repository)
    return WeightsUnavailable(encoder, "offline", "huggingface.co")
