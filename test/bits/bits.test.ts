import { describe, expect, it } from "vitest";
import { BITS } from "./expected.ts";
import { hashes } from "./hashes.ts";

describe("200 steps of LeNet-5 and of a net with every layer", () => {
  it.each([1, 2, 3])("come to the same bits on %i threads", async (threads) => {
    expect(await hashes(threads)).toEqual({ name: "wasm", threads, ...BITS });
  });
});
