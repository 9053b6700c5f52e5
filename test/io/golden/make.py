"""Writes the files of this folder. Needs torch, safetensors and numpy: python make.py"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

here = Path(__file__).parent
torch.manual_seed(7)

# A small network with running statistics of its own, an input, and what it makes of it.
model = nn.Sequential(
    OrderedDict(
        conv1=nn.Conv2d(1, 4, 3, padding=1),
        bn=nn.BatchNorm2d(4),
        relu=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc=nn.Linear(4 * 4 * 4, 3),
    )
)
with torch.no_grad():
    model.bn.weight.uniform_(0.5, 1.5)
    model.bn.bias.uniform_(-0.5, 0.5)
model.train()
for _ in range(5):
    model(torch.randn(16, 1, 8, 8) * 2 + 0.5)
model.eval()
x = torch.randn(2, 1, 8, 8)
with torch.no_grad():
    tensors = {**model.state_dict(), "input": x, "logits": model(x)}
save_file(tensors, here / "pytorch-cnn.safetensors", metadata={"format": "pt"})

# Each element type; values that tell byte orders, signs and roundings apart.
floats = torch.tensor([[0.0, -0.0, 1.5], [-2.25, 65504.0, float("-inf")]])
wholes = torch.tensor([[0, 1, 2], [3, 100, 127]])
types = {
    "float64": floats.double() / 3,
    "float32": floats / 3,
    "float16": floats.half(),
    "bfloat16": floats.bfloat16(),
    "int16": -wholes.short() * 258,
    "int32": -wholes.int() * 16909320,
    "int64": -wholes * 16909320,
    "uint8": wholes.to(torch.uint8),
    "bool": wholes > 2,
    "scalar": torch.tensor(0.1),
    "empty": torch.zeros(0, 3),
}
save_file(types, here / "pytorch-types.safetensors", metadata={"Ω": "naïve 𝄞", "quote": '"\\\n'})
save_file({"int8": wholes.to(torch.int8)}, here / "pytorch-int8.safetensors")

# npy and npz: byte orders, orders of memory, versions.
arrays = {
    **{name: x.numpy() for name, x in types.items() if name != "bfloat16"},
    "bigEndian": (floats.numpy() / 3).astype(">f4"),
    "bigEndianWide": (floats.numpy() / 3).astype(">f8"),
    "bigEndianWhole": (-wholes.numpy() * 16909320).astype(">i8"),
    "uint16": (wholes.numpy() * 516).astype("<u2"),
    "uint32": (wholes.numpy() * 16909320).astype("<u4"),
    "uint64": (wholes.numpy() * 16909320).astype("<u8"),
    "fortran": np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)),
}
np.savez(here / "numpy.npz", **arrays)
np.savez_compressed(here / "numpy-compressed.npz", **arrays)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(here / f"numpy-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, arrays["fortran"], version=version)
