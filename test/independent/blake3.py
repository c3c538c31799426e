"""BLAKE3 in its plain hash mode, in Python alone: https://github.com/BLAKE3-team/BLAKE3-specs, section 2. Slow, about 0.3 MB/s."""

import struct

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
MIXED = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def compress(chain, words, counter, length, flags):
    v = list(chain) + [*IV[:4], counter & 0xFFFFFFFF, counter >> 32, length, flags]
    m = list(words)
    for turn in range(7):
        for nth, (a, b, c, d) in enumerate(MIXED):
            for word, right_d, right_b in ((m[2 * nth], 16, 12), (m[2 * nth + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & 0xFFFFFFFF
                x = v[d] ^ v[a]
                v[d] = (x >> right_d | x << (32 - right_d)) & 0xFFFFFFFF
                v[c] = (v[c] + v[d]) & 0xFFFFFFFF
                x = v[b] ^ v[c]
                v[b] = (x >> right_b | x << (32 - right_b)) & 0xFFFFFFFF
        if turn < 6:
            m = [m[at] for at in PERMUTATION]
    return tuple(v[at] ^ v[at + 8] for at in range(8))


def last_of_chunk(chunk, counter):
    """All but the last block of a chunk are compressed; returns what the last one takes."""
    chain = IV
    blocks = [chunk[at:at + 64] for at in range(0, len(chunk), 64)] or [b'']
    for nth, block in enumerate(blocks):
        flags = (CHUNK_START if nth == 0 else 0) | (CHUNK_END if nth == len(blocks) - 1 else 0)
        words = struct.unpack('<16I', block.ljust(64, b'\0'))
        if nth == len(blocks) - 1:
            return chain, words, counter, len(block), flags
        chain = compress(chain, words, counter, len(block), flags)


def node(data, counter):
    if len(data) <= 1024:
        return last_of_chunk(data, counter)
    left = 1024
    while left * 2 < len(data):
        left *= 2
    chains = compress(*node(data[:left], counter)) + compress(*node(data[left:], counter + left // 1024))
    return IV, chains, 0, 64, PARENT


def blake3(data):
    chain, words, counter, length, flags = node(data, 0)
    return struct.pack('<8I', *compress(chain, words, counter, length, flags | ROOT))
