#!/usr/bin/python3
"""Records learning rates of PyTorch's schedulers, stepped after each batch, for schedules.test.ts."""
import torch
from torch.optim import lr_scheduler

from formula import numbers, write

LR = 0.01


def rates(total, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = make(optimizer)
    recorded = []
    for _ in range(total):
        recorded.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return numbers(recorded)


def cosine(epochs, steps):
    total = epochs * steps
    return {"schedule": "cosine", "epochs": epochs, "stepsPerEpoch": steps, "warmupEpochs": 1, "lr": LR,
            "rates": rates(total, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, total))}


def warmup_cosine(epochs, steps, warmup_epochs):
    total, warmup = epochs * steps, round(warmup_epochs * steps)

    def make(optimizer):
        linear = lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        rest = lr_scheduler.CosineAnnealingLR(optimizer, total - warmup)
        return lr_scheduler.SequentialLR(optimizer, [linear, rest], [warmup])

    return {"schedule": "warmup_cosine", "epochs": epochs, "stepsPerEpoch": steps, "warmupEpochs": warmup_epochs,
            "lr": LR, "rates": rates(total, make)}


write("schedules.recorded.json", [cosine(3, 5), cosine(1, 7), warmup_cosine(4, 5, 1), warmup_cosine(3, 4, 1.5)])
