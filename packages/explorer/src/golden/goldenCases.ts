import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** A tensor of a golden file, with its numbers in row-major order. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The cases of a file of `test/golden/data`, for unit tests. */
export function goldenCases<Case>(file: string): readonly Case[] {
  const url = new URL(`../../../../test/golden/data/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")).cases;
}

/** The same numbers as golden ones: to 1e-12 of the largest, at least 1. */
export function expectClose(found: ArrayLike<number>, golden: ArrayLike<number>): void {
  expect(found.length).toBe(golden.length);
  const size = Math.max(1, ...Array.from(golden, Math.abs));
  Array.from(golden).forEach((wish, at) => {
    expect(Math.abs(found[at]! - wish), `element ${at}`).toBeLessThanOrEqual(1e-12 * size);
  });
}
