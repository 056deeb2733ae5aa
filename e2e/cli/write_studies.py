"""Writes a file with three studies by Optuna itself: one and two objectives, and one without trials."""

import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = f"sqlite:///{sys.argv[1]}"


def objective(trial: optuna.Trial) -> float:
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    optimizer = trial.suggest_categorical("optimizer", ["SGD", "Adam", None])
    for step in range(4):
        trial.report(lr * layers + step, step)
        if trial.number == 3 and step == 2:
            raise optuna.TrialPruned()
    if trial.number == 5:
        raise ValueError("broken")
    return 1 + lr * layers + (optimizer is None)


study = optuna.create_study(storage=storage, study_name="from python", sampler=optuna.samplers.RandomSampler(1))
study.optimize(objective, n_trials=8, catch=ValueError)
study.enqueue_trial({"lr": 0.001})
running = study.ask()
running.suggest_float("lr", 1e-5, 1e-1, log=True)

both = optuna.create_study(storage=storage, study_name="two objectives", directions=["minimize", "maximize"])
for x in (0.0, 0.5, 1.0):
    both.add_trial(
        optuna.trial.create_trial(
            params={"x": x}, distributions={"x": optuna.distributions.FloatDistribution(0, 1)}, values=[x, 1 - (x - 0.5) ** 2]
        )
    )
optuna.create_study(storage=storage, study_name="empty", direction="maximize")
print(study.best_trial.number, study.best_value, repr(study.best_params))
