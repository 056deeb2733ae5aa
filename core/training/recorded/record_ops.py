#!/usr/bin/python3
"""Records outputs and gradients of layers as PyTorch computes them, for composed-ops.test.ts."""
import numpy as np
import torch
import torch.nn.functional as F

from formula import filter_to_torch, formula, numbers, to_torch, write

ACTIVATIONS = {
    "linear": lambda x: x, "relu": F.relu, "silu": F.silu, "hard-swish": F.hardswish, "sigmoid": torch.sigmoid,
    "hard-sigmoid": F.hardsigmoid,
}


def from_torch(tensor):
    tensor = tensor.detach()
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


def filter_from_torch(tensor, depthwise):
    return tensor.detach().permute((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))


def finish(case, output, gradients):
    """Backward from a formula's cotangent; `gradients` is a list of (tensor, convert)."""
    cotangent = to_torch(formula(tuple(from_torch(output).shape), 0.9))
    output.backward(cotangent)
    return {**case, "output": numbers(from_torch(output)), "gradients": [numbers(f(t.grad)) for t, f in gradients]}


def convolution(x_shape, filter_shape, stride, padding, activation=None):
    depthwise = filter_shape[3] == 1 and x_shape[3] > 1
    x = to_torch(formula(x_shape, 0.1)).requires_grad_()
    weight = filter_to_torch(formula(filter_shape, 0.2)).requires_grad_()
    back = lambda grad: filter_from_torch(grad, depthwise)
    case = {"x": x_shape, "filter": filter_shape, "stride": stride, "padding": padding}
    gradients = [(x, from_torch), (weight, back)]
    if activation is None:
        groups = x_shape[3] if depthwise else 1
        output = F.conv2d(x, weight, None, stride, padding, groups=groups)
        return finish({"op": "depthwiseConv2d" if depthwise else "conv2d", **case}, output, gradients)
    bias = torch.from_numpy(formula((filter_shape[3],), 0.3)).requires_grad_()
    output = ACTIVATIONS[activation](F.conv2d(x, weight, bias, stride, padding))
    return finish({"op": "conv2dBias", **case, "activation": activation}, output, gradients + [(bias, lambda g: g)])


def batch_norm(shape, training, activation, residual):
    x = to_torch(formula(shape, 0.1, 2)).requires_grad_()
    channels = (shape[3],)
    weight, bias = (torch.from_numpy(formula(channels, phase)).requires_grad_() for phase in (0.2, 0.3))
    mean, var = torch.from_numpy(formula(channels, 0.4)), torch.from_numpy(1.5 + formula(channels, 0.5))
    output = F.batch_norm(x, mean, var, weight, bias, training, 0.1, 1e-3)
    gradients = [(x, from_torch), (weight, lambda g: g), (bias, lambda g: g)]
    if residual:
        skip = to_torch(formula(shape, 0.6)).requires_grad_()
        output = output + skip
        gradients.append((skip, from_torch))
    case = {"op": "batchNorm", "x": shape, "training": training, "activation": activation, "residual": residual}
    recorded = finish(case, ACTIVATIONS[activation](output), gradients)
    return {**recorded, "runningMean": numbers(mean), "runningVar": numbers(var)}


def max_pool(shape, kernel_size, stride, padding):
    x = to_torch(formula(shape, 0.1)).requires_grad_()
    case = {"op": "maxPool", "x": shape, "kernelSize": kernel_size, "stride": stride, "padding": padding}
    return finish(case, F.max_pool2d(x, kernel_size, stride, padding), [(x, from_torch)])


def global_avg_pool(shape):
    x = to_torch(formula(shape, 0.1)).requires_grad_()
    return finish({"op": "globalAvgPool", "x": shape}, x.mean((2, 3)), [(x, from_torch)])


def linear(batch, inputs, outputs):
    x = torch.from_numpy(formula((batch, inputs), 0.1)).requires_grad_()
    weight = torch.from_numpy(formula((inputs, outputs), 0.2)).requires_grad_()
    bias = torch.from_numpy(formula((outputs,), 0.3)).requires_grad_()
    same = lambda g: g
    case = {"op": "linear", "x": [batch, inputs], "weight": [inputs, outputs]}
    return finish(case, x @ weight + bias, [(x, same), (weight, same), (bias, same)])


def activation(name):
    """At the corners too."""
    values = np.asarray([-9, -4, -3, -2.5, -1, -0.25, 0, 0.25, 1, 2.5, 3, 4, 9], dtype=np.float32)
    x = torch.from_numpy(values).requires_grad_()
    return finish({"op": "activation", "activation": name, "values": values.tolist()}, ACTIVATIONS[name](x), [(x, lambda g: g)])


def scale_channels(shape):
    x = to_torch(formula(shape, 0.1)).requires_grad_()
    scale = torch.from_numpy(formula((shape[0], shape[3]), 0.2)).requires_grad_()
    case = {"op": "scaleChannels", "x": shape}
    return finish(case, x * scale[:, :, None, None], [(x, from_torch), (scale, lambda g: g)])


def cross_entropy(scale, label_smoothing):
    logits = torch.from_numpy(formula((4, 5), 0.1, scale)).requires_grad_()
    labels = [3, 0, 4, 4]
    loss = F.cross_entropy(logits, torch.tensor(labels), label_smoothing=label_smoothing)
    loss.backward()
    case = {"op": "crossEntropy", "scale": scale, "labels": labels, "labelSmoothing": label_smoothing}
    return {**case, "output": numbers(loss.detach()), "gradients": [numbers(logits.grad)]}


write("ops.recorded.json", [
    convolution([2, 5, 6, 3], [3, 3, 3, 4], 1, 1),
    convolution([1, 7, 5, 2], [3, 3, 2, 3], 2, 1),
    convolution([2, 4, 4, 6], [1, 1, 6, 5], 1, 0),
    convolution([1, 6, 7, 3], [5, 5, 3, 2], 2, 2),
    convolution([2, 5, 4, 3], [3, 3, 3, 4], 1, 1, "relu"),
    convolution([1, 4, 4, 3], [3, 3, 3, 2], 2, 1, "hard-swish"),
    convolution([2, 5, 6, 4], [3, 3, 4, 1], 1, 1),
    convolution([1, 7, 5, 3], [5, 5, 3, 1], 2, 2),
    batch_norm([3, 4, 2, 4], True, "linear", False),
    batch_norm([2, 3, 3, 5], True, "hard-swish", True),
    batch_norm([2, 3, 3, 4], False, "relu", False),
    max_pool([2, 5, 6, 3], 2, 2, 0),
    max_pool([1, 6, 6, 2], 3, 2, 1),
    global_avg_pool([2, 3, 4, 5]),
    linear(3, 4, 5),
    *[activation(name) for name in ACTIVATIONS if name != "linear"],
    scale_channels([2, 3, 2, 4]),
    cross_entropy(1, 0), cross_entropy(1, 0.1), cross_entropy(200, 0),
])
