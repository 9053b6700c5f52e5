// Row 43 of the lessons: any layer as the plain loops that the question was written in, this time right.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Conv2D, gradients, type Tensor } from "convgrad";
import { integers } from "./planes.ts";

type Loops = Record<"forward" | "backward", (...arrays: Float64Array[]) => unknown>;

/** What a program with these loops would do: import them from a file. */
async function imported(text: string): Promise<Loops> {
  const folder = await mkdtemp(join(tmpdir(), "convgrad-loops-"));
  try {
    const file = join(folder, "loops.mts");
    await writeFile(file, text);
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const flat = (x: Tensor) => Float64Array.from(x.toTypedArray());
const apart = (a: Float64Array, b: Tensor) =>
  Math.max(...flat(b).map((value, k) => Math.abs(value - a[k]!)));

export async function showMeTheLoops(): Promise<void> {
  const layer = new Conv2D(2, 3, 3, { stride: 2, padding: 1 }).to("float64");
  const text = layer.toLoops([2, 7, 7]);
  console.log(text);

  const [x, g] = integers(43, [1, 2, 7, 7], [1, 3, 4, 4]) as [Tensor, Tensor];
  const [w, b] = layer.parameters() as [Tensor, Tensor];
  const y = layer.forward(x);
  const expected = gradients(y, [x, w, b], { gradient: g });

  const { forward, backward } = await imported(text);
  const arrays = [x, w, b].map(flat);
  const found = backward(flat(g), ...arrays) as Record<string, Float64Array>;
  console.log("Run beside the library, they are apart by");
  console.log(`  y   ${apart(forward(...arrays) as Float64Array, y)}`);
  Object.entries(found).forEach(([name, values], k) => {
    console.log(`  ${name.padEnd(3)} ${apart(values, expected[k]!)}`);
  });
}
