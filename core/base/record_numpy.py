"""Write numpy.recorded.json: what numpy's RandomState, sum and argsort and C's erf functions give.

Run with a Python that has numpy 1.24 (its scalar argsort) and Optuna 4.1, on x86-64 with glibc 2.36:
/usr/bin/python3 record_numpy.py
"""
import json
import math
import os

import numpy as np
from optuna.samplers._tpe import _truncnorm


def draws(seed):
    rng = np.random.RandomState(seed)
    out = {"seed": seed}
    out["random"] = rng.random_sample(3).tolist()
    out["uniform"] = rng.uniform([-5.0, 0.1], [5.0, 0.7]).tolist()
    out["randint"] = [int(rng.randint(low, high)) for low, high in [(0, 1), (0, 10), (1, 2**31 - 2), (-3, 4), (0, 2**32)]]
    p = rng.random_sample(9)
    out["weightedChoice"] = rng.choice(9, p=p / p.sum(), size=12).tolist()
    items = list(range(13))
    rng.shuffle(items)
    out["shuffle"] = items
    out["permutation"] = rng.permutation(21).tolist()
    out["standardNormal"] = rng.randn(5).tolist()
    rng.random_sample(700)
    out["afterSkip"] = rng.random_sample()
    return out


# Every split of these is bad, so that the sort falls back to a heap for 70 of them, with many ties among them. Found
# by M. D. McIlroy's adversary, "A killer adversary for quicksort", Software: Practice and Experience 29(4), 1999.
KILLER = [0, 96, 2, 96, 4, 96, 6, 96, 8, 96, 10, 96, 12, 96, 14, 96, 16, 96, 18, 96, 20, 96, 22, 96, 24, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96]


def checksum(order):
    return int(sum(i * int(k) for i, k in enumerate(order)) % (2**31 - 1))


def argsorts():
    out = []
    for seed, (n, kinds) in enumerate([(0, 1), (1, 1), (16, 4), (17, 3), (18, 2), (60, 5), (200, 11), (1000, 40), (5000, 7), (5000, 100000)]):
        order = np.argsort(np.random.RandomState(seed).randint(0, kinds, n).astype(float))
        out.append({"seed": seed, "n": n, "kinds": kinds, "checksum": checksum(order), "order": order.tolist() if n <= 60 else None})
    return out


def sums():
    return [{"n": n, "sum": float((np.random.RandomState(n).random_sample(n) - 0.3).sum())} for n in [0, 1, 7, 8, 9, 127, 128, 129, 200, 1000, 4999]]


def elementary():
    """Values of C functions at points that are drawn in order from [low, high)."""
    out = []
    functions = [("exp", -20, 0), ("exp", -1, 1), ("log", 0, 1), ("log", 1, 40), ("log", 0.9, 1.1), ("log1p", -1, 0), ("log1p", 0, 3), ("erfc", -3, 20), ("smallErf", -0.8, 0.8)]
    for seed, (name, low, high) in enumerate(functions):
        call = getattr(math, "erf" if name == "smallErf" else name)
        out.append({"name": name, "seed": seed, "low": low, "high": high, "values": [call(x) for x in np.random.RandomState(seed).uniform(low, high, 60)]})
    return out


def main():
    points = [-40.0, -20.5, -20.0, -19.9, -8.0, -3.1, -1.5, -1.25, -0.9, -0.84375, -0.3, -1e-9, 0.0, 1e-20, 1e-9, 0.2, 0.3, 0.7, 0.84375, 1.0, 1.25, 2.0, 2.9, 5.5, 6.0, 6.1, 27.0, 30.0]
    levels = [-300.0, -50.0, -5.0, -1.0, -0.6931471805599453, -0.1, -1e-3, -1e-8]
    out = {
        "numpy": np.__version__,
        "draws": [draws(seed) for seed in (0, 42, 2**32 - 1)],
        "argsorts": argsorts(),
        "killer": {"values": KILLER, "checksum": checksum(np.argsort(np.array(KILLER, dtype=float)))},
        "sums": sums(),
        "elementary": elementary(),
        "erf": [[x, math.erf(x), math.erfc(x)] for x in points],
        "logNdtr": [[x, _truncnorm._log_ndtr_single(x)] for x in points],
        "inverseLogNdtr": [[y, _truncnorm._ndtri_exp_single(y)] for y in levels],
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "numpy.recorded.json"), "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


main()
