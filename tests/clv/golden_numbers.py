"""Numbers that golden_numbers.hpp draws too, so that initial weights and data need not be stored."""
import numpy as np

MASK = (1 << 64) - 1


def number(name, count):
    """`count` numbers in [−1, 1), multiples of 2⁻²³: splitmix64 of their places, beginning at FNV-1a of the name."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001b3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9e3779b97f4a7c15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) * 2.0 ** -23 - 1


def numbers(name, shape):
    return number(name, int(np.prod(shape))).reshape(tuple(shape))
