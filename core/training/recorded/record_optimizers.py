#!/usr/bin/python3
"""Records twelve steps of torch.optim, for composed-optimizer.test.ts."""
import torch

from formula import formula, numbers, write

CASES = [
    {"name": "AdamW", "weightDecay": 0.01, "momentum": 0, "nesterov": False},
    {"name": "AdamW", "weightDecay": 0, "momentum": 0, "nesterov": False},
    {"name": "Adam", "weightDecay": 0, "momentum": 0, "nesterov": False},
    {"name": "Adam", "weightDecay": 0.1, "momentum": 0, "nesterov": False},
    {"name": "SGD", "weightDecay": 0, "momentum": 0, "nesterov": False},
    {"name": "SGD", "weightDecay": 0.1, "momentum": 0.9, "nesterov": False},
    {"name": "SGD", "weightDecay": 0.1, "momentum": 0.9, "nesterov": True},
    {"name": "RMSprop", "weightDecay": 0, "momentum": 0, "nesterov": False},
    {"name": "RMSprop", "weightDecay": 0.1, "momentum": 0.9, "nesterov": False},
]
STEPS = 12


def record(case):
    options = {"lr": 0.1, "weight_decay": case["weightDecay"]}
    if case["name"] in ("SGD", "RMSprop"):
        options["momentum"] = case["momentum"]
    if case["name"] == "SGD":
        options["nesterov"] = case["nesterov"]
    parameter = torch.nn.Parameter(torch.from_numpy(formula((2, 3), 0.1)))
    optimizer = getattr(torch.optim, case["name"])([parameter], **options)
    trace = []
    for step in range(STEPS):
        # A rate that moves, as under a schedule; gradients of several magnitudes, down to where eps counts.
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / (1 + step)
        parameter.grad = torch.from_numpy(formula((2, 3), 0.5 * step, 10.0 ** -(step % 5 * 2)))
        optimizer.step()
        trace.append(numbers(parameter.detach()))
    return {**case, "trace": trace}


write("optimizers.recorded.json", [record(case) for case in CASES])
