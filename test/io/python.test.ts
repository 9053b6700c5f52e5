import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed, randn, type Tensor, tensor, zeros } from "@convgrad/core";
import {
  Checkpoints,
  loadNpz,
  loadSafetensors,
  saveNpy,
  saveNpz,
  saveSafetensors,
} from "@convgrad/io";
import { describe, expect, it } from "vitest";

// PyTorch, safetensors for Python and NumPy, where they are installed: files of ours there, and files of theirs here.

const python =
  process.env["CONVGRAD_ORACLE_PYTHON"] ?? process.env["CONVGRAD_BENCH_PYTHON"] ?? "python3";

function hasOracle(): boolean {
  try {
    execFileSync(python, ["-c", "import torch, safetensors, numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const told = (tensors: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => {
      const { buffer, byteOffset, byteLength } = x.toTypedArray();
      return [
        name,
        [x.dtype, x.shape, Buffer.from(buffer, byteOffset, byteLength).toString("hex")],
      ];
    }),
  );

const present = hasOracle();

describe("with Python", () => {
  it.skipIf(!present)(
    `files are read on both sides${present ? "" : " (CONVGRAD_ORACLE_PYTHON names no Python with torch, safetensors, numpy)"}`,
    async () => {
      manualSeed(1);
      const tensors: Record<string, Tensor> = {
        "conv.weight": randn([4, 1, 3, 3]),
        d: randn([2], { dtype: "float64" }),
        i: tensor(Int32Array.of(-1, 2)),
        u: tensor(Uint8Array.of(1, 2, 255)),
        scalar: tensor(2.5),
        empty: zeros([0, 3]),
        turned: randn([2, 3]).transpose(),
      };
      const folder = mkdtempSync(join(tmpdir(), "python-"));
      const metadata = { format: "pt", Ω: 'naïve "𝄞"\n' };
      await saveSafetensors(join(folder, "plain.safetensors"), tensors, { metadata });
      await saveNpz(join(folder, "stored.npz"), tensors);
      await saveNpz(join(folder, "deflated.npz"), tensors, { compress: true });
      await saveNpy(join(folder, "x.npy"), tensors["turned"]!);
      const path = await new Checkpoints(folder).save(3, { model: tensors, lr: 0.1 });
      execFileSync("cp", [path, join(folder, "state.safetensors")]);

      const program = join(import.meta.dirname, "programs/oracle.py");
      const found = JSON.parse(execFileSync(python, [program, folder], { encoding: "utf8" }));
      const expected = told(tensors);
      expect(found["plain.safetensors"]).toEqual(expected);
      expect(found["plain.safetensors metadata"]).toEqual(metadata);
      expect(found["stored.npz"]).toEqual(expected);
      expect(found["deflated.npz"]).toEqual(expected);
      expect(found["x.npy"]).toEqual({ x: expected["turned"] });
      const inModel = Object.entries(expected).map(([name, x]) => [`model.${name}`, x]);
      expect(found["state.safetensors"]).toEqual(Object.fromEntries(inModel));
      expect(found["state.safetensors metadata"]).toMatchObject({ format: "convgrad state" });

      const theirs = (await loadSafetensors(join(folder, "theirs.safetensors"))).tensors;
      expect(theirs["count"]!.item()).toBe(12);
      expect(theirs["w"]!.shape).toEqual([3, 5]);
      const floats = Object.entries(theirs).map(([name, x]) => [name, x.to("float32")]);
      expect(told(await loadNpz(join(folder, "theirs.npz")))).toEqual(
        told(Object.fromEntries(floats)),
      );
      rmSync(folder, { recursive: true });
    },
  );
});
