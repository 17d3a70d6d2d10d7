#!/usr/bin/python3
"""The monthly panel and the customers' features by pandas 1.5, for panel_test.cpp and features_test.cpp.

make_golden.py shop OUT.csv             a small shop in Online Retail's format
make_golden.py panel DATA.csv OUT.txt   the published preparation: counts, sums, digests and some of the rows
make_golden.py features DATA.csv CUTOFF OUT.csv   RFM and behavior at a cut-off date

made:  shop shop.csv; panel shop.csv shop_panel.txt; features shop.csv 2021-12-05 shop_features.csv
       panel online_retail.csv online_retail_panel.txt
"""
import sys

import numpy as np
import pandas as pd


def make_shop(out):
    """60 customers of very different habits over 20 months; missing ids, returns, outliers, free lines, several rows a
    day, a file that is not quite in order of time."""
    rng = np.random.RandomState(7)
    rows, invoice = [], 536365
    for customer in range(60):
        country = rng.choice(["United Kingdom", "Germany", "EIRE", "France"], p=[0.7, 0.1, 0.1, 0.1])
        first, rate = rng.randint(0, 250), rng.gamma(1.2, 1 / 40)
        day, last = first, first + rng.randint(1, 610 - first)
        while day <= last:
            time = pd.Timestamp("2020-11-20") + pd.Timedelta(days=int(day), minutes=int(rng.randint(480, 1080)))
            returned = rng.rand() < 0.1
            for _ in range(rng.randint(1, 5)):
                product, quantity = rng.randint(1, 40), int(rng.choice([1, 2, 3, 6, 12, 24]))
                price = round(float(rng.choice([0.42, 0.85, 1.25, 1.65, 2.55, 4.95, 8.5])), 2)
                if rng.rand() < 0.02: price = 0.0
                if rng.rand() < 0.02: quantity *= 100
                name = "" if rng.rand() < 0.05 else 12346 + 7 * customer
                rows.append([("C" if returned else "") + str(invoice), f"P{product:03d}", f"LANTERN, NO {product}",
                             -quantity if returned else quantity, time, price, name,
                             "" if rng.rand() < 0.02 else country])
            invoice += 1
            if rng.rand() > 0.15: day += 1 + int(rng.exponential(1 / rate))  # else again on the same day
    rows.sort(key=lambda r: (r[4].floor("7D"), r[0]))
    d = pd.DataFrame(rows, columns=["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
                                    "CustomerID", "Country"])
    d["InvoiceDate"] = [f"{t.month}/{t.day}/{t.year} {t.hour}:{t.minute:02d}" for t in d.InvoiceDate]
    d.to_csv(out, index=False)


def read(path):
    d = pd.read_csv(path, dtype={"InvoiceNo": str, "StockCode": str})
    d["InvoiceDate"] = pd.to_datetime(d["InvoiceDate"], format="%m/%d/%Y %H:%M")
    d["Amount"] = d.UnitPrice * d.Quantity
    return d


def fnv1a(array):
    """FNV-1a, 64 bits, over the bytes of an array."""
    digest = 0xCBF29CE484222325
    for byte in array.tobytes(): digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return f"{digest:016x}"


def make_panel(path, out):
    d = read(path)
    lines = [("rows", len(d))]
    d = d[d.UnitPrice > 0].copy(); d["CustomerID"] = d.CustomerID.fillna(99999.0)
    lines.append(("priced", len(d)))
    q1, q3 = d.Amount.quantile(.25), d.Amount.quantile(.75)
    lower, upper = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    d = d[(d.Amount >= lower) & (d.Amount <= upper)]
    lines += [("lower", repr(float(lower))), ("upper", repr(float(upper))), ("kept", len(d))]
    day = d.groupby(["CustomerID", pd.Grouper(key="InvoiceDate", freq="D")]).agg(
        {"Amount": "sum", "Quantity": "sum", "Country": "first"}).reset_index()
    day["frequency"] = np.where(day.Amount > 0, 1, 0)
    month = day.set_index("InvoiceDate").groupby("CustomerID").resample("M").agg(
        {"Amount": "sum", "Quantity": "sum", "frequency": "sum", "Country": "first"}).reset_index()
    lines += [("days", len(day)), ("months", len(month))]
    temporal, trend, target, customers, countries = [], [], [], [], []
    for customer, g in month.groupby("CustomerID"):
        g = g.sort_values("InvoiceDate")
        for i in range(len(g) - 11):
            w, after = g.iloc[i:i + 6], g.iloc[i + 6:i + 12]
            m = w.InvoiceDate.dt.month
            temporal.append(np.column_stack([m, w.InvoiceDate.dt.year, np.sin(2 * np.pi * m / 12),
                                             np.cos(2 * np.pi * m / 12), (m % 3 == 1).astype(int)]))
            now = w[["Amount", "Quantity", "frequency"]]
            trend.append(np.hstack([now] + [now.shift(k).fillna(0) for k in (1, 2, 3)]))
            target.append(after.Amount.values); customers.append(int(customer)); countries.append(g.Country.iloc[0])
    temporal, trend, target = (np.array(a, np.float32) for a in (temporal, trend, target))
    lines += [("windows", len(target)), ("countries", len(set(countries)))]
    number = lambda x: repr(float(x))
    for name, a in (("temporal", temporal), ("trend", trend), ("target", target[:, :, None])):
        lines.append((name + "_sum", " ".join(number(a[..., i].sum(dtype=np.float64)) for i in range(a.shape[-1]))))
    # The sines may differ in the last bit from one mathematical library to the next, sums may not.
    lines.append(("temporal_digest", fnv1a(np.rint(temporal.astype(np.float64) * 1e5).astype(np.int32))))
    lines += [("trend_digest", fnv1a(trend)), ("target_digest", fnv1a(target))]
    lines.append(("customers_digest", fnv1a(np.array(customers, np.int64))))
    lines.append(("countries_digest", fnv1a(np.frombuffer("\n".join(countries).encode(), np.uint8))))
    for i in np.linspace(0, len(target) - 1, 8).astype(int):
        lines.append((f"row_{i}", " ".join([str(customers[i]), countries[i].replace(" ", "_")] +
                                           [number(x) for x in np.concatenate([a[i].ravel() for a in (temporal, trend, target)])])))
    with open(out, "w") as file:
        file.write(f"# make_golden.py panel, pandas {pd.__version__}, NumPy {np.__version__}\n")
        for name, value in lines: file.write(f"{name} {value}\n")


def make_features(path, cutoff, out):
    cutoff, one = pd.Timestamp(cutoff), pd.Timedelta(days=1)
    everything = read(path)
    everything = everything[everything.CustomerID.notna()].copy()
    everything["day"] = everything.InvoiceDate.dt.normalize()
    d = everything[everything.InvoiceDate < cutoff]
    bought = d[d.Amount > 0]
    day = bought.groupby(["CustomerID", "day"]).Amount.sum().reset_index()
    # lifetimes' summary_data_from_transaction_data(..., observation_period_end=cutoff, freq="D")
    by = day.groupby("CustomerID")
    repeat = day[by.cumcount() > 0].groupby("CustomerID").Amount.mean()
    f = pd.DataFrame({"recency": (by.day.max() - by.day.min()) / one, "frequency": by.size() - 1})
    f["monetary"] = repeat.reindex(f.index).fillna(0)
    f["tenure"] = (cutoff - by.day.min()) / one
    f["days_since_last"] = (cutoff - by.day.max()) / one
    f["total_spend"] = by.Amount.sum()
    gap = by.day.diff() / one
    f["interval_mean"] = gap.groupby(day.CustomerID).mean().fillna(0)
    f["interval_deviation"] = gap.groupby(day.CustomerID).std().fillna(0)
    lines = bought.groupby("CustomerID")
    f["invoices"] = lines.InvoiceNo.nunique()
    f["basket_size"] = lines.Quantity.sum() / f.invoices
    f["basket_value"] = f.total_spend / f.invoices
    f["distinct_products"] = lines.StockCode.nunique()
    f["returned"] = -d[d.Amount < 0].groupby("CustomerID").Amount.sum().reindex(f.index).fillna(0)
    for n in (30, 60, 90, 180):
        recent = day[day.day >= cutoff - n * one]
        f[f"spend_{n}"] = recent.groupby("CustomerID").Amount.sum().reindex(f.index).fillna(0)
    for i, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split()):
        f[name] = (day.day.dt.weekday == i).groupby(day.CustomerID).mean()
    for i in range(12):
        f[pd.Timestamp(2000, i + 1, 1).month_name().lower()] = (day.day.dt.month == i + 1).groupby(day.CustomerID).mean()
    f["country"] = d.sort_values("day", kind="stable").groupby("CustomerID").Country.first().reindex(f.index)
    later = everything[(everything.InvoiceDate >= cutoff) & (everything.Amount > 0)]
    f["holdout_spend"] = later.groupby("CustomerID").Amount.sum().reindex(f.index).fillna(0)
    f["holdout_frequency"] = later.groupby("CustomerID").day.nunique().reindex(f.index).fillna(0).astype(int)
    f.index = f.index.astype(int)
    f.to_csv(out, float_format="%.10g")


if __name__ == "__main__":
    {"shop": make_shop, "panel": make_panel, "features": make_features}[sys.argv[1]](*sys.argv[2:])
