#!/usr/bin/env python3
"""The ANN as scikit-learn's MLPRegressor on one thread: scikit_learn_ann.py ROUNDS. Output as pytorch_models.py's."""
import json
import statistics
import sys
import time

import numpy as np
from sklearn.neural_network import MLPRegressor

random = np.random.default_rng(1)
x, y = random.random((32, 12), dtype=np.float32), random.random(32, dtype=np.float32)
model = MLPRegressor((64, 32, 16), alpha=0, batch_size=32)
model.partial_fit(x, y)
for name, work in (("ann_train", lambda: model.partial_fit(x, y)), ("ann_predict", lambda: model.predict(x[:1]))):
    times = []
    for _ in range(int(sys.argv[1])):
        begin = time.thread_time()
        work()
        times.append(1e6 * (time.thread_time() - begin))
    print(json.dumps({"name": name, "microseconds": statistics.median(times)}), flush=True)
