import { describe, expect, it } from "vitest";
import { BITS } from "./expected.ts";
import { hashes } from "./hashes.ts";

describe("LeNet-5, a net with every way to slide, and one with the catalogue", () => {
  it.each([1, 2, 3])("come to the same bits on %i threads", async (threads) => {
    expect(await hashes(threads)).toEqual({ name: "wasm", threads, ...BITS });
  });
});
