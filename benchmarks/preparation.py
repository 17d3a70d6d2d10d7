"""The published preparation with pandas, beside what benchmark_preparation printed: preparation.py FILE < ITS OUTPUT"""
import sys

import pandas as pd

from peers.pandas_preparation import measure

tenure = {words[0]: float(words[1]) for words in map(str.split, sys.stdin) if len(words) == 2}
seconds = measure(sys.argv[1])
print(f"\n{seconds['rows']} rows, {seconds['windows']} windows, milliseconds of one core")
print(f"{'':18}{'tenure':>10}{'pandas ' + pd.__version__:>15}{'times':>8}")
for name in ("read", "prepare", "read_and_prepare"):
    print(f"{name:18}{tenure[name]:10.1f}{1e3 * seconds[name]:15.1f}{1e3 * seconds[name] / tenure[name]:8.1f}")
