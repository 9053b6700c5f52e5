import { createHash } from "node:crypto";
import { type Tensor, tensor, ValueError } from "@convgrad/core";
import { Dense, Sequential } from "@convgrad/layers";
import { weightsHash } from "@convgrad/train";
import { describe, expect, it, vi } from "vitest";

describe("weightsHash", () => {
  it("is the SHA-256 of the parameters' bytes in order", async () => {
    const [a, b] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(-0, 5)];
    const expected = createHash("sha256")
      .update(new Uint8Array(a.buffer))
      .update(new Uint8Array(b.buffer))
      .digest("hex");
    expect(await weightsHash([tensor(a, { shape: [2, 2] }), tensor(b)])).toBe(expected);
  });

  it("is the same where a page has no crypto.subtle, as on http", async () => {
    const sizes = [0, 1, 13, 14, 16, 29, 30, 1000]; // around the ends of blocks of 64 bytes
    const tensors = sizes.map((size) =>
      tensor(Float32Array.from({ length: size }, (_, i) => i / 7)),
    );
    const hashes = await Promise.all(tensors.map((x) => weightsHash([x])));
    vi.stubGlobal("crypto", {});
    try {
      expect(await Promise.all(tensors.map((x) => weightsHash([x])))).toEqual(hashes);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("sees one changed bit, the order, and views by their values", async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const hash = await weightsHash([x]);
    expect(await weightsHash([x.transpose().transpose()])).toBe(hash);
    expect(await weightsHash([x.transpose()])).not.toBe(hash);
    expect(await weightsHash([tensor([0])])).not.toBe(await weightsHash([tensor([-0])]));
    const model = new Sequential(new Dense(2, 2), new Dense(2, 2));
    const parameters = model.parameters();
    expect(await weightsHash(parameters)).not.toBe(await weightsHash(parameters.toReversed()));
  });

  it("refuses what is no list of tensors", async () => {
    const model = new Dense(2, 2);
    for (const wrong of [model, null, 3, model.stateDict(), model.namedParameters(), [model]]) {
      const hash = weightsHash(wrong as unknown as Tensor[]);
      await expect(hash).rejects.toThrow(ValueError);
      await expect(hash).rejects.toThrow("weightsHash: takes tensors; pass model.parameters()");
    }
  });

  it("of nothing is the hash of nothing", async () => {
    expect(await weightsHash([])).toBe(createHash("sha256").digest("hex"));
  });
});
