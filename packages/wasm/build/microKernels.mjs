// Writes assembly/{rowTiles,rowStrips,pixelTile,dotTiles,planeTiles}.ts: the loops in which contractions spend their time. Each is
// a function of its own with one loop that is not unrolled and at most 15 vectors alive, because engines of today keep
// those in registers and nothing else; that is why the sums are single variables, and why a script writes them. They are
// under version control to be read; build/kernels.mjs runs this before it compiles.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const assembly = fileURLToPath(new URL("../assembly", import.meta.url));
const MADE = "// Made by build/microKernels.mjs; not for editing.\n";
const range = (n) => Array.from({ length: n }, (_, i) => i);
const at = (bytes) => (bytes === 0 ? "" : `, ${bytes}`);
const lines = (...parts) => parts.flat(Infinity).join("\n");

/**
 * `height` rows × 8: sums over steps of a[step][row]·x[table[step] + 0 … 7]. Behind the loop nothing is done with the
 * sums but storing them: anything else drives some of the ten of height 5 out of their registers, even inside the loop.
 */
function rowTile(height) {
  const sums = range(height).flatMap((r) => [`s${r}a`, `s${r}b`]);
  const each = (line) => range(height).map(line);
  return lines(
    `export function rowTile${height}(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {`,
    sums.map((s) => `  let ${s} = f32x4.splat(0);`),
    "  const end = table + (<usize>steps << 2);",
    "  for (; table != end; table += 4) {",
    "    const from = x + <usize>load<u32>(table);",
    "    const xa = v128.load(from);",
    "    const xb = v128.load(from, 16);",
    each((r) => [
      `    ${r === 0 ? "let " : ""}w = v128.load_splat<f32>(a${at(4 * r)});`,
      `    s${r}a = multiplyAdd(w, xa, s${r}a);`,
      `    s${r}b = multiplyAdd(w, xb, s${r}b);`,
    ]),
    `    a += ${4 * height};`,
    "  }",
    each((r) => [
      `  v128.store(y, s${r}a);`,
      `  v128.store(y, s${r}b, 16);`,
      r + 1 < height ? "  y += yStep;" : [],
    ]),
    "}\n",
  );
}

/**
 * A strip of such tiles, `width` ≥ 8 floats, with bias and relu: sums + bias, then 0 where that is at most `limit`. For
 * short sums, where calling a tile costs as much as the tile. The last tile overlaps the one before.
 */
function rowStrip(height) {
  const sums = range(height).flatMap((r) => [`s${r}a`, `s${r}b`]);
  const each = (line) => range(height).map(line);
  return lines(
    `export function rowStrip${height}(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, width: i32, limit: f32): void {`,
    "  const end = table + (<usize>steps << 2);",
    "  const last = y + (<usize>(width - 8) << 2);",
    "  const shift = x - y;",
    "  while (true) {",
    sums.map((s) => `    let ${s} = f32x4.splat(0);`),
    "    let v = a;",
    "    const start = y + shift;",
    "    for (let t = table; t != end; t += 4) {",
    "      const from = start + <usize>load<u32>(t);",
    "      const xa = v128.load(from);",
    "      const xb = v128.load(from, 16);",
    each((r) => [
      `      ${r === 0 ? "let " : ""}w = v128.load_splat<f32>(v${at(4 * r)});`,
      `      s${r}a = multiplyAdd(w, xa, s${r}a);`,
      `      s${r}b = multiplyAdd(w, xb, s${r}b);`,
    ]),
    `      v += ${4 * height};`,
    "    }",
    "    const most = f32x4.splat(limit);",
    "    let to = y;",
    each((r) => [
      `    ${r === 0 ? "let " : ""}w = v128.load_splat<f32>(v${at(4 * r)});`,
      `    v128.store(to, cut(f32x4.add(s${r}a, w), most));`,
      `    v128.store(to, cut(f32x4.add(s${r}b, w), most), 16);`,
      r + 1 < height ? "    to += yStep;" : [],
    ]),
    "    if (y == last) return;",
    "    y = last - y < 32 ? last : y + 32;",
    "  }",
    "}\n",
  );
}

/** 4 windows × 8: sums over steps of x_i[table[step]]·a[step][0 … 7], stored as 8 rows of 4. */
function pixelTile() {
  const sums = range(4).flatMap((p) => [`s${p}a`, `s${p}b`]);
  const half = (h) => [
    transposed(
      range(4).map((p) => `s${p}${h}`),
      h,
    ),
    "  if (mode & ADD) {",
    "    let row = y;",
    range(4).map((r) => [
      `    r${r}${h} = f32x4.add(v128.load(row), r${r}${h});`,
      r < 3 ? "    row += yStep;" : [],
    ]),
    "  }",
    range(4).map((r) => [
      `  v128.store(y, r${r}${h});`,
      h === "b" && r === 3 ? [] : "  y += yStep;",
    ]),
  ];
  return lines(
    "export function pixelTile(steps: i32, a: usize, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, y: usize, yStep: usize, mode: i32): void {",
    sums.map((s) => `  let ${s} = f32x4.splat(0);`),
    "  const end = table + (<usize>steps << 2);",
    "  for (; table != end; table += 4) {",
    "    const offset = <usize>load<u32>(table);",
    "    const wa = v128.load(a);",
    "    const wb = v128.load(a, 16);",
    range(4).map((p) => [
      `    ${p === 0 ? "let " : ""}x = v128.load_splat<f32>(x${p} + offset);`,
      `    s${p}a = multiplyAdd(x, wa, s${p}a);`,
      `    s${p}b = multiplyAdd(x, wb, s${p}b);`,
    ]),
    "    a += 32;",
    "  }",
    "  if (mode & BIAS) {",
    "    const wa = v128.load(a);",
    "    const wb = v128.load(a, 16);",
    sums.map((s) => `    ${s} = f32x4.add(${s}, w${s.at(-1)});`),
    "  }",
    "  if (mode & RELU) {",
    sums.map((s) => `    ${s} = relu(${s});`),
    "  }",
    half("a"),
    half("b"),
    "}\n",
  );
}

/** Four vectors as four rows of a square, and its columns. */
function transposed([p, q, r, s], h) {
  return [
    `  const t0${h} = v128.shuffle<i32>(${p}, ${q}, 0, 4, 1, 5);`,
    `  const t1${h} = v128.shuffle<i32>(${r}, ${s}, 0, 4, 1, 5);`,
    `  const t2${h} = v128.shuffle<i32>(${p}, ${q}, 2, 6, 3, 7);`,
    `  const t3${h} = v128.shuffle<i32>(${r}, ${s}, 2, 6, 3, 7);`,
    `  let r0${h} = v128.shuffle<i64>(t0${h}, t1${h}, 0, 2);`,
    `  let r1${h} = v128.shuffle<i64>(t0${h}, t1${h}, 1, 3);`,
    `  let r2${h} = v128.shuffle<i64>(t2${h}, t3${h}, 0, 2);`,
    `  let r3${h} = v128.shuffle<i64>(t2${h}, t3${h}, 1, 3);`,
  ];
}

/**
 * `taps` × 2 vectors of sums, kept at `sums` (a tap every 128 bytes), of x_i[p]·y_j[q] over the pairs [p, q]; `run` says
 * that the taps follow each other float by float.
 */
function dotTile(taps, run, masked) {
  const xs = run
    ? "x: usize"
    : range(taps)
        .map((t) => `x${t}: usize`)
        .join(", ");
  const cut = (vector) => (masked ? `v128.and(${vector}, mask)` : vector);
  const x = (t) => (run ? `v128.load(from${at(4 * t)})` : `v128.load(x${t} + p)`);
  const name = `dot${run ? "Run" : "Tile"}${taps}${masked ? "Tail" : ""}`;
  return lines(
    `export function ${name}(pairs: i32, table: usize, ${xs}, ya: usize, yb: usize, sums: usize${masked ? ", lanes: i32" : ""}): void {`,
    range(taps).map((t) => [
      `  let s${t}a = v128.load(sums${at(128 * t)});`,
      `  let s${t}b = v128.load(sums, ${128 * t + 16});`,
    ]),
    masked ? "  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));" : [],
    "  const end = table + (<usize>pairs << 3);",
    "  for (; table != end; table += 8) {",
    `    const ${run ? "from = x + " : "p = "}<usize>load<u32>(table);`,
    "    const q = <usize>load<u32>(table, 4);",
    `    const va = ${cut("v128.load(ya + q)")};`,
    `    const vb = ${cut("v128.load(yb + q)")};`,
    range(taps).map((t) => [
      `    ${t === 0 ? "let " : ""}v = ${cut(x(t))};`,
      `    s${t}a = multiplyAdd(v, va, s${t}a);`,
      `    s${t}b = multiplyAdd(v, vb, s${t}b);`,
    ]),
    "  }",
    range(taps).map((t) => [
      `  v128.store(sums, s${t}a${at(128 * t)});`,
      `  v128.store(sums, s${t}b, ${128 * t + 16});`,
    ]),
    "}\n",
  );
}

/** 32 outputs of one filter: sums over taps of a[tap]·x[table[tap] + 0 … 31], stored as they are for `rowTile`'s reason. */
function planeTile() {
  const each = (line) => range(8).map(line);
  return lines(
    "export function planeTile(taps: i32, a: usize, x: usize, table: usize, y: usize): void {",
    each((k) => `  let s${k} = f32x4.splat(0);`),
    "  const end = table + (<usize>taps << 2);",
    "  for (; table != end; table += 4) {",
    "    const from = x + <usize>load<u32>(table);",
    "    const w = v128.load_splat<f32>(a);",
    each((k) => `    s${k} = multiplyAdd(w, v128.load(from${at(16 * k)}), s${k});`),
    "    a += 4;",
    "  }",
    each((k) => `  v128.store(y, s${k}${at(16 * k)});`),
    "}\n",
  );
}

/** What the three taps of a row see, as lines: neighbours, or every other cell of nine. */
const NEIGHBOURS = {
  before: () => [],
  vector: (from, j) => `v128.load(${from}${at(4 * j)})`,
};
const EVERY_OTHER = {
  before: (from) => [`    const p = v128.load(${from});`, `    const q = v128.load(${from}, 16);`],
  vector: (from, j) =>
    [
      "v128.shuffle<i32>(p, q, 0, 2, 4, 6)",
      "v128.shuffle<i32>(p, q, 1, 3, 5, 7)",
      `v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(${from}, 32), 1, 2, 3, 4)`,
    ][j],
};

/** Sums of products of a row's vectors with three weights each, as lines; a sum that begins is named with "let ". */
const products = (from, sums, seen = NEIGHBOURS) => [
  seen.before(from),
  range(3).map((j) => [
    `    ${j === 0 ? "let " : ""}v = ${seen.vector(from, j)};`,
    sums.map(({ to, row, first }) =>
      first && j === 0
        ? `    ${first} = f32x4.mul(w${3 * row}, v);`
        : `    ${to} = multiplyAdd(w${3 * row + j}, v, ${to});`,
    ),
  ]),
];

/**
 * 4 columns of outputs of a dense 3 × 3 filter, from top to bottom: each row of the image is loaded once, for the three
 * rows of outputs that see it. Behind the weights `a` are the bias, and the limit up to which outputs become 0.
 */
function planeStrip() {
  return lines(
    "export function planeStrip(a: usize, x: usize, xStep: usize, y: usize, yStep: usize, height: i32): void {",
    range(9).map((t) => `  const w${t} = v128.load_splat<f32>(a${at(4 * t)});`),
    "  let below: v128;",
    "  let here: v128;",
    "  {",
    products("x", [{ to: "here", row: 0, first: "here" }]),
    "    x += xStep;",
    "  }",
    "  {",
    products("x", [
      { to: "here", row: 1 },
      { to: "below", row: 0, first: "below" },
    ]),
    "    x += xStep;",
    "  }",
    "  const end = y + <usize>height * yStep;",
    "  for (; y != end; y += yStep) {",
    products("x", [
      { to: "here", row: 2 },
      { to: "below", row: 1 },
      { to: "next", row: 0, first: "let next" },
    ]),
    "    const sum = f32x4.add(here, v128.load_splat<f32>(a, 36));",
    "    v128.store(y, cut(sum, v128.load_splat<f32>(a, 40)));",
    "    here = below;",
    "    below = next;",
    "    x += xStep;",
    "  }",
    "}\n",
  );
}

/** The same where windows are two cells apart down and across; only the row between two of them is seen by one alone. */
function planeStridedStrip() {
  return lines(
    "export function planeStridedStrip(a: usize, x: usize, xStep: usize, y: usize, yStep: usize, height: i32): void {",
    range(9).map((t) => `  const w${t} = v128.load_splat<f32>(a${at(4 * t)});`),
    "  let here: v128;",
    "  {",
    products("x", [{ to: "here", row: 0, first: "here" }], EVERY_OTHER),
    "  }",
    "  const end = y + <usize>height * yStep;",
    "  for (; y != end; y += yStep) {",
    "    x += xStep;",
    "    {",
    products("x", [{ to: "here", row: 1 }], EVERY_OTHER),
    "    }",
    "    x += xStep;",
    products(
      "x",
      [
        { to: "here", row: 2 },
        { to: "next", row: 0, first: "let next" },
      ],
      EVERY_OTHER,
    ),
    "    const sum = f32x4.add(here, v128.load_splat<f32>(a, 36));",
    "    v128.store(y, cut(sum, v128.load_splat<f32>(a, 40)));",
    "    here = next;",
    "  }",
    "}\n",
  );
}

/**
 * The gradient of 8 columns of the image of such a convolution, two rows at a time, each pair seeing two rows of outputs.
 * The taps `a` are those of even rows' even cells, of their odd cells, and the same of odd rows; each from last to first.
 */
function planeStridedImage() {
  const stored = (to, even, odd) => [
    `    v128.store(${to}, v128.shuffle<i32>(${even}, ${odd}, 0, 4, 1, 5));`,
    `    v128.store(${to}, v128.shuffle<i32>(${even}, ${odd}, 2, 6, 3, 7), 16);`,
  ];
  return lines(
    "export function planeStridedImage(a: usize, y: usize, yStep: usize, to: usize, step: usize, pairs: i32): void {",
    range(9).map((t) => `  const w${t} = v128.load_splat<f32>(a${at(4 * t)});`),
    "  let above = v128.load(y);",
    "  let aboveRight = v128.load(y, 4);",
    "  const end = to + <usize>pairs * (step << 1);",
    "  while (to != end) {",
    "    y += yStep;",
    "    let even = multiplyAdd(w1, aboveRight, f32x4.mul(w0, above));",
    "    let odd = f32x4.mul(w4, aboveRight);",
    "    above = v128.load(y);",
    "    aboveRight = v128.load(y, 4);",
    "    even = multiplyAdd(w3, aboveRight, multiplyAdd(w2, above, even));",
    "    odd = multiplyAdd(w5, aboveRight, odd);",
    stored("to", "even", "odd"),
    "    to += step;",
    "    even = multiplyAdd(w7, aboveRight, f32x4.mul(w6, above));",
    "    odd = f32x4.mul(w8, aboveRight);",
    stored("to", "even", "odd"),
    "    to += step;",
    "  }",
    "}\n",
  );
}

/**
 * The 9 vectors of sums for the gradient of a dense 3 × 3 filter, kept as `dotTile` keeps them, over 4 columns of outputs.
 * Rows are loaded again for each tap: carried from one round to the next as above, they leave the sums half as fast.
 */
function planeDotStrip(name, seen, stride) {
  return lines(
    `export function ${name}(x: usize, xStep: usize, y: usize, yStep: usize, height: i32, sums: usize): void {`,
    range(9).map((t) => `  let s${t} = v128.load(sums${at(128 * t)});`),
    "  const end = y + <usize>height * yStep;",
    "  for (; y != end; y += yStep) {",
    "    const v = v128.load(y);",
    "    let from = x;",
    range(3).map((i) => [
      "    {",
      seen.before("from"),
      range(3).map(
        (j) => `    s${3 * i + j} = multiplyAdd(v, ${seen.vector("from", j)}, s${3 * i + j});`,
      ),
      "    }",
      i < 2 ? "    from += xStep;" : [],
    ]),
    stride === 1 ? "    x += xStep;" : "    x = from;",
    "  }",
    range(9).map((t) => `  v128.store(sums, s${t}${at(128 * t)});`),
    "}\n",
  );
}

/** 9 vectors of sums, as `dotTile` keeps them, of x[p + table[tap]]·y[q] over the pairs [p, q]. */
function planeDots(masked) {
  const cut = (vector) => (masked ? `v128.and(${vector}, mask)` : vector);
  return lines(
    `export function planeDots${masked ? "Tail" : ""}(pairs: i32, table: usize, taps: usize, x: usize, y: usize, sums: usize${masked ? ", lanes: i32" : ""}): void {`,
    range(9).map((t) => `  let s${t} = v128.load(sums${at(128 * t)});`),
    masked ? "  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));" : [],
    "  const end = table + (<usize>pairs << 3);",
    "  for (; table != end; table += 8) {",
    "    const from = x + <usize>load<u32>(table);",
    `    const v = ${cut("v128.load(y + <usize>load<u32>(table, 4))")};`,
    range(9).map(
      (t) =>
        `    s${t} = multiplyAdd(v, ${cut(`v128.load(from + <usize>load<u32>(taps${at(4 * t)}))`)}, s${t});`,
    ),
    "  }",
    range(9).map((t) => `  v128.store(sums, s${t}${at(128 * t)});`),
    "}\n",
  );
}

const IMPORT = 'import { ADD, BIAS, RELU } from "./contractionNumbers";\n';
const files = {
  rowTiles: [
    "// Tiles of rows × 8 neighbours; `a` is packed [step][row].\n\n",
    'import { multiplyAdd } from "./vectors";\n\n',
    [1, 2, 3, 4, 5, 6].map(rowTile).join("\n"),
  ],
  rowStrips: [
    "// Strips of tiles of rows × 8; `a` is packed [step][row] with the rows' biases behind.\n\n",
    'import { cut, multiplyAdd } from "./vectors";\n\n',
    [1, 2, 3, 4].map(rowStrip).join("\n"),
  ],
  pixelTile: [
    "// The tile of 4 windows × 8; `a` is packed [step][8] with eight biases behind.\n\n",
    IMPORT,
    'import { multiplyAdd, relu } from "./vectors";\n\n',
    pixelTile(),
  ],
  dotTiles: [
    "// Tiles of taps × 2 sums of products along rows, four lanes each; `Tail` takes the last lanes only.\n\n",
    'import { multiplyAdd } from "./vectors";\n\n',
    [3, 4].flatMap((n) => [dotTile(n, false, false), dotTile(n, false, true)]).join("\n"),
    "\n",
    [false, true].map((masked) => dotTile(5, true, masked)).join("\n"),
  ],
  planeTiles: [
    "// One filter on one channel, and the sums of products for the gradient of its taps.\n\n",
    'import { cut, multiplyAdd } from "./vectors";\n\n',
    [
      planeTile(),
      planeStrip(),
      planeStridedStrip(),
      planeStridedImage(),
      planeDotStrip("planeDotStrip", NEIGHBOURS, 1),
      planeDotStrip("planeStridedDotStrip", EVERY_OTHER, 2),
      planeDots(false),
      planeDots(true),
    ].join("\n"),
  ],
};
for (const [name, parts] of Object.entries(files)) {
  writeFileSync(`${assembly}/${name}.ts`, MADE + parts.join(""));
}
