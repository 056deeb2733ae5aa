#!/usr/bin/python3
"""Records logits and training losses of torchvision's and PyTorch's networks, for models.test.ts."""
import torch
import torchvision
from torch import nn

from formula import filter_to_torch, model_values, noise, numbers, to_torch, write

CLASSES = 5
STEPS = 3


def plain_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(64, CLASSES))


CNN_NAMES = {"0": "features.0", "3": "features.1", "6": "features.2", "10": "classifier"}


def fill(model, rename):
    """Every tensor of the state from its name; the shapes that the tests use go to the formula."""
    state = model.state_dict()
    for key, tensor in state.items():
        if key.endswith("num_batches_tracked"):
            continue
        owner, kind = key.rsplit(".", 1)
        name = f"{rename.get(owner, owner)}.{kind}"
        if tensor.dim() == 4 and (".fc1." in key or ".fc2." in key):
            out, inputs = tensor.shape[:2]
            filled = torch.from_numpy(model_values(name, (inputs, out)).T.copy()).reshape(tensor.shape)
        elif tensor.dim() == 4:
            out, inputs, height, width = tensor.shape
            depthwise = inputs == 1 and out > 1
            shape = (height, width, out, 1) if depthwise else (height, width, inputs, out)
            filled = filter_to_torch(model_values(name, shape))
        elif tensor.dim() == 2:
            filled = torch.from_numpy(model_values(name, tuple(tensor.shape)[::-1]).T.copy())
        else:
            filled = torch.from_numpy(model_values(name, tuple(tensor.shape)))
        tensor.copy_(filled)


def record(name, model, rename, batch, height, width):
    fill(model, rename)
    images = to_torch(noise((batch, height, width, 3), 0.5))
    labels = torch.arange(batch) % CLASSES
    model.eval()
    with torch.no_grad():
        logits = numbers(model(images))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model.train()
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    model.eval()
    with torch.no_grad():
        trained = numbers(model(images))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"model": name, "batch": batch, "height": height, "width": width, "classes": CLASSES,
            "parameterCount": parameters, "logits": logits, "losses": losses, "logitsAfter": trained}


torch.manual_seed(0)
small = torchvision.models.mobilenet_v3_small(num_classes=CLASSES, dropout=0.0)
write("models.recorded.json", [
    record("cnn", plain_cnn(), CNN_NAMES, 3, 20, 14),
    record("mobilenet_v3_small", small, {}, 4, 20, 36),
])
