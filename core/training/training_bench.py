"""PyTorch's side of `npm run bench -- training`.

Reads lines `MODEL BATCH HEIGHT WIDTH SECONDS` and answers each with one JSON line: the median wall and CPU
milliseconds of a training step (forward, backward, Adam) on one thread. Ready when it prints `{"torch": VERSION}`.
"""

import json
import statistics
import sys
import time

import torch
import torchvision
from torch import nn


def create_model(name):
    if name == "cnn":
        return nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 10),
        )
    return getattr(torchvision.models, name)(num_classes=10)


def create_step(name, batch, height, width):
    model = create_model(name)
    optimizer = torch.optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()
    images = torch.randn(batch, 3, height, width)
    labels = torch.arange(batch) % 10

    def step():
        optimizer.zero_grad()
        criterion(model(images), labels).backward()
        optimizer.step()

    for _ in range(3):
        step()
    return step


torch.set_num_threads(1)
torch.manual_seed(0)
print(json.dumps({"torch": torch.__version__}), flush=True)
steps = {}
for line in sys.stdin:
    name, batch, height, width, seconds = line.split()
    key = (name, int(batch), int(height), int(width))
    if key not in steps:
        steps[key] = create_step(*key)
    wall, cpu = [], []
    end = time.perf_counter() + float(seconds)
    while time.perf_counter() < end or len(wall) < 3:
        started, started_cpu = time.perf_counter(), time.process_time()
        steps[key]()
        cpu.append((time.process_time() - started_cpu) * 1e3)
        wall.append((time.perf_counter() - started) * 1e3)
    print(json.dumps({"wallMs": statistics.median(wall), "cpuMs": statistics.median(cpu)}), flush=True)
