// Compiles assembly/ to WebAssembly, once for every machine and once with relaxed SIMD, and writes the bytes as text into
// src/generated, so that every bundler and runtime loads them without an asset step. Does nothing while the sources are
// those of the last time; `--force` compiles anyway.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import "./microKernels.mjs"; // writes some of the sources

const root = fileURLToPath(new URL("..", import.meta.url));
const generated = `${root}src/generated`;
const MODULES = { base: [], relaxed: ["relaxed-simd"] };

const files = readdirSync(`${root}assembly`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort();
const sources = new Map(
  files.map((name) => [`assembly/${name}`, readFileSync(`${root}assembly/${name}`, "utf8")]),
);
const hash = createHash("sha256");
for (const [name, text] of sources) hash.update(name).update(text);
const { version } = createRequire(import.meta.url)("assemblyscript/package.json");
hash.update(version).update(readFileSync(fileURLToPath(import.meta.url)));
const stamp = `// Made by build/kernels.mjs from sources ${hash.digest("hex")}; not for editing.`;

function isCurrent(name) {
  const file = `${generated}/${name}.ts`;
  return existsSync(file) && readFileSync(file, "utf8").startsWith(stamp);
}

/** Printable characters that neither a string literal nor a page has to escape, as in src/module.ts. */
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (character) => !"\"'`\\$<".includes(character),
);
const ESCAPES = 3;

/**
 * The commonest bytes as one character each, the others as two, the first of which is an escape. Half as long as
 * hexadecimal digits, and gzip finds in it what it finds in the bytes, which base64 hides from it.
 */
function textOf(bytes) {
  const direct = ALPHABET.length - ESCAPES;
  const count = new Uint32Array(256);
  for (const byte of bytes) count[byte]++;
  const all = Array.from(count, (_, byte) => byte);
  const common = all.toSorted((a, b) => count[b] - count[a]).slice(0, direct);
  const rare = all.filter((byte) => !common.includes(byte));
  const code = new Map();
  common.forEach((byte, i) => {
    code.set(byte, ALPHABET[ESCAPES + i]);
  });
  rare.forEach((byte, i) => {
    code.set(byte, ALPHABET[Math.floor(i / direct)] + ALPHABET[ESCAPES + (i % direct)]);
  });
  return { common, text: Array.from(bytes, (byte) => code.get(byte)).join("") };
}

async function compile(name, features) {
  const { default: asc } = await import("assemblyscript/asc"); // takes a second
  let bytes;
  const { error, stderr } = await asc.main(
    [
      "assembly/index.ts",
      ...["--outFile", "out.wasm", "-O3", "--noAssert", "--runtime", "stub"],
      ...["--importMemory", "--sharedMemory", "--initialMemory", "2", "--maximumMemory", "65536"],
      ...["--enable", ["simd", "threads", "bulk-memory", ...features].join(",")],
    ],
    {
      readFile: (file) => sources.get(file.replaceAll("\\", "/")) ?? null,
      writeFile: (_, contents) => {
        bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) throw new Error(`${name}: ${error?.message}\n${stderr}`);
  mkdirSync(generated, { recursive: true });
  writeFileSync(
    `${generated}/${name}.ts`,
    `${stamp}\n/** The module's bytes; \`decode\` reads them. */\nexport const bytes = ${JSON.stringify(textOf(bytes))};\n`,
  );
  console.log(`@convgrad/wasm: ${name}.wasm, ${bytes.length.toLocaleString("en")} bytes`);
}

for (const [name, features] of Object.entries(MODULES)) {
  if (process.argv.includes("--force") || !isCurrent(name)) await compile(name, features);
}
