"""The PyTorch side of bench/main.ts: a plain training loop, driven by lines of JSON on stdin.

    {"job": "textbook" | "cnn", "folder": FOLDER of bench/keras_jobs.py, "epochs": N}  ->  {"seconds": of a step}

Networks, data, batches and optimizers are those of bench/keras_jobs.py; initial weights are PyTorch's own.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn


def textbook():
    widths = [784, 300, 100, 50, 50, 50]
    hidden = [layer for a, b in zip(widths, widths[1:]) for layer in (nn.Linear(a, b), nn.SELU())]
    model = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(50, 1))
    loss = nn.BCEWithLogitsLoss()
    return model, torch.optim.SGD(model.parameters(), 1e-4), lambda logits, y: loss(logits[:, 0], y), torch.float32


def block(channels, filters):
    # Keras' momentum 0.99 is PyTorch's 0.01.
    return [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01), nn.MaxPool2d(2)]


def cnn():
    model = nn.Sequential(*block(1, 32), *block(32, 64), nn.Flatten(), nn.Dropout(0.25), nn.Linear(3136, 10))
    return model, torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7), nn.CrossEntropyLoss(), torch.int64


class Steps:
    def __init__(self, job, folder):
        data = np.load(f"{folder}/data.npz")
        self.model, self.optimizer, self.loss, dtype = {"textbook": textbook, "cnn": cnn}[job]()
        inputs = torch.from_numpy(data["x"])
        self.inputs = inputs.permute(0, 3, 1, 2).contiguous() if inputs.ndim == 4 else inputs
        self.targets = torch.from_numpy(data["y"]).to(dtype)
        self.epoch()

    def epoch(self):
        self.model.train()
        for x, y in zip(self.inputs.split(32), self.targets.split(32)):
            self.optimizer.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            loss.item()

    def time(self, epochs):
        self.epoch()
        begin = time.perf_counter()
        for _ in range(epochs - 1):
            self.epoch()
        return {"seconds": (time.perf_counter() - begin) / (epochs - 1) / len(self.inputs.split(32))}


def main():
    steps = {}
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        key = (ask["job"], ask["folder"])
        steps = {key: steps.get(key) or Steps(*key)}
        print(json.dumps(steps[key].time(ask["epochs"])), flush=True)


if __name__ == "__main__":
    main()
