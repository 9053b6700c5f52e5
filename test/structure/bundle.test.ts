import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";

/** The sources that a page with this program loads before anything is asked for. */
async function loaded(program: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: program, resolveDir: join(import.meta.dirname, "../..") },
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    outdir: "out",
    format: "esm",
    platform: "browser",
    external: ["node:*"],
    conditions: ["source"],
    logLevel: "error",
  });
  const open = Object.keys(metafile.outputs).filter((file) => file.endsWith("stdin.js"));
  for (const file of open) {
    for (const { path, kind } of metafile.outputs[file]!.imports) {
      if (kind === "import-statement" && !open.includes(path)) open.push(path);
    }
  }
  return open.flatMap((file) =>
    Object.entries(metafile.outputs[file]!.inputs).flatMap(([source, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [source] : [],
    ),
  );
}

it("a program loads what works on pixels when a list of transforms asks for it", async () => {
  const names = "DataLoader, scalePixels";
  const source = (more: string) =>
    `import { ${names}${more} } from "@convgrad/data"; console.log(${names}${more});`;
  const parts = /packages\/data\/src\/(draws|pixel[PW]\w+|augment|trigonometry)\.ts$/;
  const plain = await loaded(source(""));
  expect(plain.some((file) => file.endsWith("data/src/readAhead.ts"))).toBe(true);
  expect(plain.filter((file) => parts.test(file))).toEqual([]);
  const listed = await loaded(source(", randomCrop"));
  expect(listed.filter((file) => parts.test(file))).toEqual([]);
  const applied = await loaded(source(", applyTransforms"));
  expect(applied.filter((file) => parts.test(file)).length).toBe(5);
});

it("a program that trains by hand loads neither the report nor what looks into layers", async () => {
  const names = "Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential, SGD, steps";
  const plain = await loaded(`import { ${names} } from "convgrad"; console.log(${names});`);
  expect(plain.some((file) => file.endsWith("layers/src/conv2d.ts"))).toBe(true);
  expect(plain.filter((file) => /packages\/(train|io)\/|node_modules/.test(file))).toEqual([]);
});
