"""Ethereum's keccak-256 (padding byte 0x01, not the 0x06 of SHA3-256) in plain Python.

Source: the Keccak reference, https://keccak.team/keccak_specs_summary.html
"""

RATE_BYTES = 136
MASK = (1 << 64) - 1
ROTATIONS = [
    [0, 36, 3, 41, 18],
    [1, 44, 10, 45, 2],
    [62, 6, 43, 15, 61],
    [28, 55, 25, 21, 56],
    [27, 20, 39, 8, 14],
]


def round_constants():
    """The 24 iota constants, from the linear feedback shift register x^8 + x^6 + x^5 + x^4 + 1."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = ((register << 1) ^ ((register >> 7) * 0x171)) & 0xFF
        constants.append(constant)
    return constants


ROUND_CONSTANTS = round_constants()


def rotate(value, count):
    return ((value << count) | (value >> (64 - count))) & MASK if count else value


def permute(lanes):
    for constant in ROUND_CONSTANTS:
        columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        theta = [columns[(x - 1) % 5] ^ rotate(columns[(x + 1) % 5], 1) for x in range(5)]
        moved = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                moved[y][(2 * x + 3 * y) % 5] = rotate(lanes[x][y] ^ theta[x], ROTATIONS[x][y])
        for x in range(5):
            for y in range(5):
                lanes[x][y] = moved[x][y] ^ (~moved[(x + 1) % 5][y] & MASK & moved[(x + 2) % 5][y])
        lanes[0][0] ^= constant


def keccak256(data):
    """The digest of `data` as a 0x-prefixed lower-case hex string."""
    padded = bytearray(data)
    padded += bytes(RATE_BYTES - len(padded) % RATE_BYTES)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), RATE_BYTES):
        for index in range(RATE_BYTES // 8):
            word = int.from_bytes(padded[start + 8 * index:start + 8 * index + 8], "little")
            lanes[index % 5][index // 5] ^= word
        permute(lanes)
    return "0x" + b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4)).hex()


assert keccak256(b"") == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
assert keccak256(b"abc") == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
