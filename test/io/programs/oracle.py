"""What PyTorch's safetensors and NumPy read in a folder that convgrad wrote, and files of theirs beside."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

folder = Path(sys.argv[1])


def told(arrays):
    return {
        name: [str(x.dtype).replace("torch.", ""), list(x.shape), x.tobytes().hex()]
        for name, x in arrays.items()
    }


result = {}
for file in ["plain.safetensors", "state.safetensors"]:
    tensors = load_file(folder / file)
    result[file] = told({name: x.numpy() for name, x in tensors.items()})
    with safe_open(folder / file, "pt") as opened:
        result[file + " metadata"] = opened.metadata()
for file in ["stored.npz", "deflated.npz"]:
    with np.load(folder / file, allow_pickle=False) as arrays:
        result[file] = told(dict(arrays))
result["x.npy"] = told({"x": np.load(folder / "x.npy", allow_pickle=False)})
print(json.dumps(result))

torch.manual_seed(1)
theirs = {"w": torch.randn(3, 5), "half": torch.randn(7).half(), "count": torch.tensor(12)}
save_file(theirs, folder / "theirs.safetensors")
arrays = {name: x.float().numpy() for name, x in theirs.items()}
np.savez(folder / "theirs.npz", **arrays)
