"""Counter-based randomness: every draw is a pure function of (seed, purpose, epoch, index).

There is no generator that walks through the program and whose state would have to be saved.
(seed, purpose) make the key of a Philox4x64-10 generator, (epoch, index) the upper half of its
counter. So a resumed run, a worker in another process, and a single call in a notebook all get the
same numbers for the same target in the same epoch, in whatever order they ask.

Source: Salmon et al., 'Parallel random numbers: as easy as 1, 2, 3' (SC 2011); NumPy's Philox.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_WEYL = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_LOW32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def stable_hash(text: str) -> int:
    """64 bits of a text that are the same in every process, e.g. the index of a target id."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _key(seed: int, purpose: str) -> NDArray[np.uint64]:
    digest = hashlib.blake2b(f"{seed}\x00{purpose}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def rng(seed: int, purpose: str, epoch: int = 0, index: int = 0) -> np.random.Generator:
    """A fresh generator for one (seed, purpose, epoch, index); index and epoch: 0 .. 2**64 - 1."""
    counter = np.array([0, 0, index, epoch], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=_key(seed, purpose), counter=counter))


def torch_seed(seed: int, purpose: str, epoch: int = 0, index: int = 0) -> int:
    """A 63-bit seed for torch.manual_seed, e.g. to reseed dropout at each step."""
    return int(rng(seed, purpose, epoch, index).integers(0, 2**63 - 1))


def _high_low(a: np.uint64, b: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The upper and lower 64 bits of a * b, by 32-bit halves."""
    a_high, a_low, b_high, b_low = a >> _32, a & _LOW32, b >> _32, b & _LOW32
    middle = a_high * b_low + ((a_low * b_low) >> _32)
    carry = (middle & _LOW32) + a_low * b_high
    return a_high * b_high + (middle >> _32) + (carry >> _32), a * b


def _philox(key: NDArray[np.uint64], counter: list[NDArray[np.uint64]]) -> list[NDArray[np.uint64]]:
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        high0, low0 = _high_low(_MULTIPLIERS[0], c0)
        high1, low1 = _high_low(_MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _WEYL[0], k1 + _WEYL[1]
    return [c0, c1, c2, c3]


def uniforms(
    seed: int, purpose: str, epoch: int, indices: Sequence[int] | NDArray[np.uint64], n: int
) -> NDArray[np.float64]:
    """n uniform numbers for each index at once.

    Returns:
        float64 [len(indices), n] in [0, 1). Row i has, bit for bit, the numbers of
        rng(seed, purpose, epoch, indices[i]).random(n).
    """
    index = np.asarray(indices, dtype=np.uint64)[:, None]
    blocks = (n + 3) // 4
    block = np.broadcast_to(np.arange(1, blocks + 1, dtype=np.uint64), (len(index), blocks))
    upper = [np.zeros_like(block), np.broadcast_to(index, block.shape)]
    with np.errstate(over="ignore"):
        words = _philox(_key(seed, purpose), [block, *upper, np.full_like(block, np.uint64(epoch))])
    bits = np.stack(words, axis=-1).reshape(len(index), 4 * blocks)[:, :n]
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
