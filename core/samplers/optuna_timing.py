"""Print the milliseconds that Optuna's TPE needs for a trial: optuna_timing.py N_TRIALS N_PARAMS N_MEASURED.

The study is in memory; the time is that of ask, the suggestions and tell, the median of the measured trials.
"""
import statistics
import sys
import time
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def suggest(trial, n_params):
    total = 0.0
    for i in range(n_params):
        name = f"p{i:02}"
        if i % 4 == 0:
            total += trial.suggest_float(name, -5.0, 5.0) ** 2
        elif i % 4 == 1:
            total += trial.suggest_float(name, 1e-5, 1.0, log=True)
        elif i % 4 == 2:
            total += trial.suggest_int(name, 1, 100)
        else:
            total += trial.suggest_categorical(name, ["a", "b", "c", "d"]) == "a"
    return total


def main():
    n_trials, n_params, n_measured = map(int, sys.argv[1:])
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: suggest(trial, n_params), n_trials=n_trials)
    study.sampler = optuna.samplers.TPESampler(seed=2)
    times = []
    for _ in range(n_measured):
        start = time.perf_counter()
        trial = study.ask()
        study.tell(trial, suggest(trial, n_params))
        times.append(1000 * (time.perf_counter() - start))
    print(statistics.median(times))


main()
