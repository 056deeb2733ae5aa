"""Numbers that PyTorch and the tests make alike, so that no weights have to be stored; see formula.ts."""
import json
import math
import os

import numpy as np
import torch


def formula(shape, phase, scale=1.0):
    """sin(1.3 i + phase) scale for i = 0, 1, 2 …, float32, in the layout of the tests (NHWC, HWIO)."""
    count = math.prod(shape)
    values = [math.sin(1.3 * i + phase) * scale for i in range(count)]
    return np.asarray(values, dtype=np.float32).reshape(shape)


def noise(shape, phase, scale=1.0):
    """Without pattern: the fraction of 43758.5453 sin(12.9898 i + 78.233 phase), from -scale to scale, float32."""
    count = math.prod(shape)
    waves = [math.sin(12.9898 * i + 78.233 * phase) * 43758.5453 for i in range(count)]
    values = [(2 * (wave - math.floor(wave)) - 1) * scale for wave in waves]
    return np.asarray(values, dtype=np.float32).reshape(shape)


def model_values(name, shape):
    """Weights of a network from their name: layers of unit gain, running statistics near 0 and 1."""
    phase = sum((index + 1) * ord(letter) for index, letter in enumerate(name)) % 1000 / 100
    if len(shape) > 1:
        fan_in = math.prod(shape[:-1]) if shape[-1] > 1 else shape[0] * shape[1]
        return noise(shape, phase, math.sqrt(6 / fan_in))
    if name.endswith("running_var"):
        return 1 + noise(shape, phase, 0.5)
    return (1 if name.endswith(".1.weight") else 0) + noise(shape, phase, 0.1)


def to_torch(values):
    """A four-dimensional NHWC array as PyTorch lays it out; others as they are."""
    values = np.transpose(values, (0, 3, 1, 2)) if values.ndim == 4 else values
    return torch.from_numpy(np.ascontiguousarray(values))


def filter_to_torch(values):
    """HWIO to OIHW; depthwise [h, w, channels, 1] to [channels, 1, h, w]."""
    order = (2, 3, 0, 1) if values.shape[3] == 1 else (3, 2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(np.transpose(values, order)))


def numbers(tensor):
    """Flat list, eight significant digits."""
    return [float(f"{x:.8g}") for x in np.asarray(tensor, dtype=np.float64).reshape(-1)]


def write(name, content):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
