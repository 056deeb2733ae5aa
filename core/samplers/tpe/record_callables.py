"""Write callables.recorded.json: traces of Optuna's TPE with options that are functions.

Run with a Python that has Optuna 4.1: /usr/bin/python3 record_callables.py
numpy must not use AVX-512, whose exp and log round otherwise than the C library's; this sets the variable that says so.
"""
import json
import os
import sys

AVX512 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
if os.environ.get("NPY_DISABLE_CPU_FEATURES") != AVX512:
    os.environ["NPY_DISABLE_CPU_FEATURES"] = AVX512
    os.execv(sys.executable, [sys.executable, *sys.argv])

import warnings

import numpy as np
import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

CHOICES = ["a", "bb", "bbbb", "c"]
OPTIONS = {
    "gamma": {"gamma": lambda n: (n + 1) // 2},
    "weights": {"weights": lambda n: np.arange(1, n + 1, dtype=float)},
    "distance": {"categorical_distance_func": {"choice": lambda a, b: abs(len(a) - len(b)) + (a != b)}},
    "hyperopt": optuna.samplers.TPESampler.hyperopt_parameters(),
}


def objective(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    choice = trial.suggest_categorical("choice", CHOICES)
    return (x - 1.5) ** 2 + 0.5 * CHOICES.index(choice)


def trace(options):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=3, **options))
    study.optimize(objective, n_trials=40)
    return [[trial.params["x"], trial.params["choice"]] for trial in study.trials]


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "callables.recorded.json"), "w") as f:
    json.dump({name: trace(options) for name, options in OPTIONS.items()}, f, separators=(",", ":"))
    f.write("\n")
