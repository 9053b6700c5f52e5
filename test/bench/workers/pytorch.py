"""PyTorch, answering the orchestrator as workers/serve.ts does: one JSON object a line."""

import json
import os
import resource
import statistics
import sys
import time

settings = json.loads(sys.argv[1])
if "threads" in settings:
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(settings["threads"])

import torch  # noqa: E402  (after the environment that it reads)
from torch import nn  # noqa: E402

SLOW_MS = 2000
OPERATIONS = 1000
IMAGES, LABELS, PARAMETERS = 0, 1, 2


def uniform(stream, count):
    """The numbers of generator.ts, to the bit; int64 products wrap, and their low 32 bits are right."""
    low = 0xFFFFFFFF
    x = (torch.arange(count, dtype=torch.int64) + stream * 0x9E3779B9) & low
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & low
    x = ((x ^ (x >> 15)) * 0x846CA68B) & low
    return ((x ^ (x >> 16)) >> 8).double() / 2**24


def uniform_tensor(stream, shape, bound=1.0):
    count = torch.Size(shape).numel()
    return ((2 * uniform(stream, count) - 1) * bound).float().reshape(shape)


def layer_of(spec):
    kind = spec["kind"]
    if kind == "conv":
        return nn.Conv2d(
            spec["channels"], spec["filters"], spec["kernel"], padding=spec["padding"]
        )
    if kind == "dense":
        return nn.Linear(spec["inputs"], spec["outputs"])
    return {"relu": nn.ReLU, "maxPool": lambda: nn.MaxPool2d(2), "flatten": nn.Flatten}[kind]()


def set_weights(model):
    stream = PARAMETERS
    with torch.no_grad():
        for layer in model:
            if not isinstance(layer, (nn.Conv2d, nn.Linear)):
                continue
            bound = 1 / (layer.weight[0].numel() ** 0.5)
            for values in (layer.weight, layer.bias):
                values.copy_(uniform_tensor(stream, values.shape, bound))
                stream += 1


def network(workload, batch):
    model = nn.Sequential(*map(layer_of, workload["layers"]))
    set_weights(model)
    images = uniform_tensor(IMAGES, [batch, *workload["image"]])
    labels = (10 * uniform(LABELS, batch)).long()
    return model, images, labels


class Step:
    def __init__(self, case):
        self.model, self.images, self.labels = network(case["workload"], case["batch"])
        self.first = {name: p.clone() for name, p in self.model.state_dict().items()}
        self.loss = nn.CrossEntropyLoss()

    def reset(self):
        self.model.load_state_dict(self.first)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)

    def run(self):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Simple:
    """A case without state."""

    def __init__(self, run, operations=1):
        self.run = run
        self.operations = operations

    def reset(self):
        pass


def forward(case):
    model, images, _ = network(case["workload"], case["batch"])

    def run():
        with torch.inference_mode():
            return model(images)[0, 0].item()

    return Simple(run)


def conv(case):
    spec, size, which = case["conv"], case["size"], case["pass"]
    padding = spec["padding"]
    x = uniform_tensor(0, [case["batch"], spec["channels"], size, size])
    w = uniform_tensor(1, [spec["filters"], spec["channels"], spec["kernel"], spec["kernel"]])
    y = nn.functional.conv2d(x, w, padding=padding)
    if which == "forward":
        return Simple(quiet(lambda: nn.functional.conv2d(x, w, padding=padding)))
    g = uniform_tensor(2, y.shape)
    mask = [which == "dX", which == "dW", False]
    pads = [padding, padding]
    backward = torch.ops.aten.convolution_backward
    return Simple(
        quiet(lambda: backward(g, x, w, None, [1, 1], pads, [1, 1], False, [0, 0], 1, mask))
    )


def layer(case):
    spec, shape = case["layer"], case["shape"]
    channels = shape[1]
    x = uniform_tensor(0, shape).requires_grad_()
    if spec["kind"] == "batchNorm":
        model = nn.BatchNorm2d(channels)
    else:
        kernel, stride = spec["kernel"], spec["stride"]
        model = nn.Conv2d(
            channels, channels, kernel, stride=stride, padding=kernel // 2, groups=channels
        )
    gradient = uniform_tensor(2, model(x).shape)

    def run():
        x.grad = None
        model.zero_grad()
        model(x).backward(gradient)

    return Simple(run)


def adam(case):
    model = nn.Sequential(*map(layer_of, case["workload"]["layers"]))
    for i, w in enumerate(model.parameters()):
        w.grad = uniform_tensor(i, w.shape)
    return Simple(torch.optim.Adam(model.parameters()).step)


def gemm(case):
    n = case["n"]
    a, b = uniform_tensor(0, [n, n]), uniform_tensor(1, [n, n])
    return Simple(quiet(lambda: a @ b))


def operation(case):
    a, b = uniform_tensor(0, [case["size"]]), uniform_tensor(1, [case["size"]])

    def run():
        if case["op"] == "add":
            for _ in range(OPERATIONS):
                a.add(b)
        else:
            for _ in range(OPERATIONS):
                a.relu()

    return Simple(run, OPERATIONS)


def quiet(function):
    """Drops the result, as a scope does."""

    def run():
        function()

    return run


PREPARE = {
    "step": Step,
    "forward": forward,
    "conv": conv,
    "layer": layer,
    "adam": adam,
    "gemm": gemm,
    "op": operation,
}


def repeat(prepared, budget_ms):
    times, losses = [], []
    prepared.reset()
    now = time.perf_counter()
    until = now + budget_ms / 1000
    while True:
        loss = prepared.run()
        after = time.perf_counter()
        times.append((after - now) * 1000)
        if loss is not None and len(losses) < 4:
            losses.append(loss)
        now = after
        if now >= until:
            return times, losses


def measure(prepared, budget_ms, warm_ms):
    times, losses = repeat(prepared, warm_ms) if warm_ms > 0 else ([], [])
    if not times or times[0] < SLOW_MS:
        times, losses = repeat(prepared, budget_ms)
    counted = times[1:] if len(times) > 2 else times
    operations = getattr(prepared, "operations", 1)
    return {
        "ms": statistics.median(counted) / operations,
        "least": min(counted) / operations,
        "runs": len(counted),
        "losses": losses,
    }


def peak_rss():
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def say(message):
    print(json.dumps(message), flush=True)


def info():
    build = torch.__config__.show()
    blas = next((p[10:] for p in build.replace(",", "").split() if p.startswith("BLAS_INFO=")), "?")
    return {
        "name": "PyTorch",
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "engine": f"BLAS {blas}, {torch.backends.cpu.get_cpu_capability()}",
    }


def main():
    if "threads" in settings:
        torch.set_num_threads(settings["threads"])
    if "once" in settings:
        prepared = PREPARE[settings["once"]["kind"]](settings["once"])
        prepared.reset()
        say({"loss": prepared.run() or 0})
        return
    say(info())
    known, prepared = None, None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["task"] == "measure":
                is_new = request["case"] != known
                if is_new:
                    known, prepared = None, None
                    prepared = PREPARE[request["case"]["kind"]](request["case"])
                    known = request["case"]
                warm_ms = request["warmMs"] if is_new else 0
                say({"measured": measure(prepared, request["budgetMs"], warm_ms)})
            elif request["task"] == "memory":
                say({"rss": peak_rss()})
            else:
                say({})
        except Exception as error:  # told to the orchestrator, which goes on without this figure
            say({"error": str(error)})


main()
