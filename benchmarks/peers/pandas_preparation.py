#!/usr/bin/env python3
"""The published preparation with pandas: pandas_preparation.py FILE prints its processor seconds as JSON."""
import json
import sys
import time

import numpy as np
import pandas as pd


def read(path):
    return pd.read_csv(path, dtype={"InvoiceNo": str, "StockCode": str})


def prepare(d):
    d["InvoiceDate"] = pd.to_datetime(d["InvoiceDate"], format="%m/%d/%Y %H:%M")
    d = d[d.UnitPrice > 0].copy()
    d["Amount"] = d.UnitPrice * d.Quantity
    d["CustomerID"] = d.CustomerID.fillna(99999.0)
    q1, q3 = d.Amount.quantile(.25), d.Amount.quantile(.75)
    d = d[(d.Amount >= q1 - 1.5 * (q3 - q1)) & (d.Amount <= q3 + 1.5 * (q3 - q1))]
    day = d.groupby(["CustomerID", pd.Grouper(key="InvoiceDate", freq="D")]).agg(
        {"Amount": "sum", "Quantity": "sum", "Country": "first"}).reset_index()
    day["frequency"] = np.where(day.Amount > 0, 1, 0)
    month = day.set_index("InvoiceDate").groupby("CustomerID").resample("M").agg(
        {"Amount": "sum", "Quantity": "sum", "frequency": "sum", "Country": "first"}).reset_index()
    temporal, trend, target = [], [], []
    for _, g in month.groupby("CustomerID"):
        if len(g) < 12: continue
        m = g.InvoiceDate.dt.month.values
        calendar = np.column_stack([m, g.InvoiceDate.dt.year, np.sin(2 * np.pi * m / 12), np.cos(2 * np.pi * m / 12),
                                    m % 3 == 1])
        values = g[["Amount", "Quantity", "frequency"]].values.astype(float)
        for i in range(len(g) - 11):
            w = values[i:i + 6]
            lags = [np.vstack([np.zeros((k, 3)), w[:6 - k]]) for k in (1, 2, 3)]
            temporal.append(calendar[i:i + 6]); trend.append(np.hstack([w] + lags)); target.append(values[i + 6:i + 12, 0])
    return [np.array(a, np.float32) for a in (temporal, trend, target)]


def measure(path):
    """Seconds of each step, and how much there was of what."""
    begin = time.process_time()
    transactions = read(path)
    middle = time.process_time()
    windows = len(prepare(transactions)[0])
    end = time.process_time()
    return {"read": middle - begin, "prepare": end - middle, "read_and_prepare": end - begin,
            "rows": len(transactions), "windows": windows, "training_windows": windows - 2 * int(0.2 * windows)}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
