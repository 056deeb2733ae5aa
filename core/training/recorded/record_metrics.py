#!/usr/bin/python3
"""Records scikit-learn's precision, recall and F1 of small confusions, for metrics.test.ts."""
import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from formula import numbers, write

CONFUSIONS = [
    [[5, 1, 0], [2, 7, 1], [0, 0, 4]],
    # A class that is never predicted, and one that never occurs.
    [[3, 0, 2], [4, 0, 1], [0, 0, 0]],
    [[0, 3], [2, 0]],
    [[6, 0, 0, 0], [0, 1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 2]],
]


def record(confusion):
    true = [t for t, row in enumerate(confusion) for p, count in enumerate(row) for _ in range(count)]
    predicted = [p for row in confusion for p, count in enumerate(row) for _ in range(count)]
    labels = list(range(len(confusion)))
    scores = lambda average: precision_recall_fscore_support(true, predicted, labels=labels, average=average, zero_division=0)
    return {
        "confusion": confusion, "accuracy": accuracy_score(true, predicted),
        "perClass": [numbers(column) for column in np.asarray(scores(None)[:3])],
        "micro": numbers(scores("micro")[:3]), "macro": numbers(scores("macro")[:3]),
    }


write("metrics.recorded.json", [record(confusion) for confusion in CONFUSIONS])
