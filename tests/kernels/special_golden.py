#!/usr/bin/python3
"""Writes the tables of special_test.cpp: SciPy's log-gamma, digamma and hypergeometric function.

special_golden.py   (Debian: python3-scipy)
"""
from scipy.special import digamma, gammaln, hyp2f1

for x in (1e-3, 0.243, 0.5, 1, 1.5, 2, 3.3, 9.99, 25, 400.25, 4e5):
    print(f"    {{{x!r}, {float(gammaln(x))!r}, {float(digamma(x))!r}}},")
print()
for a, b, c, z in ((0.5, 0.7, 1.9, 0), (0.243, 2.426, 2.219, 0.3), (1.159, 1.606, 2.159, 0.09), (5.2, 7.1, 11.4, 0.8),
                   (40.6, 1.6, 41.6, 0.95), (2, 3, 3.5, 0.99), (12.5, 0.4, 0.7, 0.6)):
    print(f"    {{{a!r}, {b!r}, {c!r}, {z!r}, {float(hyp2f1(a, b, c, z))!r}}},")
print()
for a, b, c, z in ((-0.4, -0.2, 1.8, 0.6), (0.3, -0.9997, 4e5, 0.57), (-1.5, 0.8, -0.3, 0.4)):
    print(f"    {{{a!r}, {b!r}, {c!r}, {z!r}, {float(hyp2f1(a, b, c, z))!r}}},")
