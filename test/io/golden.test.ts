import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FormatError, noGrad, type Tensor } from "@convgrad/core";
import { decodeNpy, decodeNpz, decodeSafetensors, loadSafetensors } from "@convgrad/io";
import { conv2d, maxPool } from "@convgrad/layers";
import { describe, expect, it } from "vitest";

// Files that PyTorch, safetensors for Python and NumPy wrote (golden/make.py).

const place = (file: string) => join(import.meta.dirname, "golden", file);
/** A Buffer, as readFile gives: some of its methods are not those of a Uint8Array. */
const bytes = (file: string) => readFileSync(place(file));

const floats = [0, -0, 1.5, -2.25, 65504, Number.NEGATIVE_INFINITY];
const wholes = [0, 1, 2, 3, 100, 127];
const thirds = floats.map((value) => Math.fround(Math.fround(value) / 3));
const minus = (factor: number) => wholes.map((value) => 0 - value * factor);

/** What the types of `make.py` must come as. */
const EXPECTED: Readonly<Record<string, [dtype: string, shape: number[], values: number[]]>> = {
  float64: ["float64", [2, 3], floats.map((value) => value / 3)],
  float32: ["float32", [2, 3], thirds],
  float16: ["float32", [2, 3], floats],
  bfloat16: ["float32", [2, 3], [0, -0, 1.5, -2.25, 65536, Number.NEGATIVE_INFINITY]],
  int16: ["int32", [2, 3], minus(258)],
  int32: ["int32", [2, 3], minus(16909320)],
  int64: ["int32", [2, 3], minus(16909320)],
  uint8: ["uint8", [2, 3], wholes],
  bool: ["uint8", [2, 3], [0, 0, 0, 1, 1, 1]],
  scalar: ["float32", [], [Math.fround(0.1)]],
  empty: ["float32", [0, 3], []],
  bigEndian: ["float32", [2, 3], thirds],
  bigEndianWide: ["float64", [2, 3], thirds],
  bigEndianWhole: ["int32", [2, 3], minus(16909320)],
  uint16: ["int32", [2, 3], wholes.map((value) => value * 516)],
  uint32: ["int32", [2, 3], wholes.map((value) => value * 16909320)],
  uint64: ["int32", [2, 3], wholes.map((value) => value * 16909320)],
  fortran: ["float32", [2, 3, 4], Array.from({ length: 24 }, (_, i) => i)],
};

function expectGolden(tensors: Record<string, Tensor>, names: readonly string[]): void {
  expect(Object.keys(tensors).sort()).toEqual([...names].sort());
  for (const [name, x] of Object.entries(tensors)) {
    const [dtype, shape, values] = EXPECTED[name]!;
    expect([name, x.dtype, x.shape]).toEqual([name, dtype, shape]);
    const found = [...x.toTypedArray()];
    expect([name, found]).toEqual([name, values]);
  }
}

describe("files of others", () => {
  it("a network of PyTorch has its logits here", async () => {
    const { tensors: t, metadata } = await loadSafetensors(place("pytorch-cnn.safetensors"));
    expect(metadata).toEqual({ format: "pt" });
    expect(t["bn.num_batches_tracked"]!.dtype).toBe("int32");
    expect(t["bn.num_batches_tracked"]!.item()).toBe(5);
    const logits = noGrad(() => {
      const y = conv2d(t["input"]!, t["conv1.weight"]!, t["conv1.bias"]!, { padding: 1 });
      const [mean, variance] = ["running_mean", "running_var"].map((name) =>
        t[`bn.${name}`]!.reshape([1, 4, 1, 1]),
      );
      const [gamma, beta] = ["weight", "bias"].map((name) =>
        t[`bn.${name}`]!.reshape([1, 4, 1, 1]),
      );
      const normal = y.sub(mean!).div(variance!.add(1e-5).sqrt()).mul(gamma!).add(beta!);
      return maxPool(normal.relu(), 2)
        .flatten(1)
        .matmul(t["fc.weight"]!.transpose())
        .add(t["fc.bias"]!);
    });
    const difference = logits.sub(t["logits"]!).abs().max().item();
    expect(difference).toBeLessThan(1e-5);
    expect(t["logits"]!.abs().max().item()).toBeGreaterThan(0.1);
  });

  it("PyTorch's element types come as the README says", () => {
    const { tensors, metadata } = decodeSafetensors(bytes("pytorch-types.safetensors"));
    expect(metadata).toEqual({ Ω: "naïve 𝄞", quote: '"\\\n' });
    const names = "float64 float32 float16 bfloat16 int16 int32 int64 uint8 bool scalar empty";
    expectGolden(tensors, names.split(" "));
  });

  it("int8 is refused with a remedy", () => {
    const read = () => decodeSafetensors(bytes("pytorch-int8.safetensors"));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(/tensor "int8" is of type "I8"; readable are F64, .*: convert it where/);
  });

  it.each(["numpy.npz", "numpy-compressed.npz"])("NumPy's %s comes as written", async (file) => {
    const names = Object.keys(EXPECTED).filter((name) => name !== "bfloat16");
    expectGolden(await decodeNpz(bytes(file)), names);
  });

  it.each([1, 2, 3])("npy files of version %i, in Fortran order", (version) => {
    const fortran = decodeNpy(bytes(`numpy-${version}.npy`));
    expectGolden({ fortran }, ["fortran"]);
    expect(fortran.slice([1, 2, 3]).item()).toBe(23);
  });
});
