// Which package may import which (test files included):
//
//   explorer, examples, test → convgrad → train → {layers, optim, data, io} → core ← wasm, and io → layers
//
// An arrow left of core may be skipped (train may import core), none may be turned round.

const ALLOWED = {
  core: [],
  wasm: ["core"],
  layers: ["core"],
  optim: ["core"],
  data: ["core"],
  io: ["core", "layers"], // a file of a model is about its layers: ADR 13
  train: ["layers", "optim", "data", "io", "core"],
  convgrad: ["train", "layers", "optim", "data", "io", "wasm", "core"],
  explorer: ["convgrad", "train", "layers", "optim", "data", "io", "wasm", "core"],
};
// These run in any JavaScript engine: not even a Node built-in.
const PURE = ["core", "wasm", "layers", "optim"];
// A workspace package found by its name is "aliased" as well as "local".
const BY_PATH = { dependencyTypes: ["local"], dependencyTypesNot: ["aliased"] };
// The explorer's views, each with a model, components and presets of its own.
const VIEWS = ["convolution", "pooling", "flips", "bugLab", "trainer", "graph", "lessons"];
const VIEW = `^packages/explorer/src/(${VIEWS.join("|")})/`;
const TEST_FILE = "\\.test\\.ts$";

const arrows = Object.entries(ALLOWED).map(([name, allowed]) => ({
  name: `arrow-${name}`,
  comment: `packages/${name} may import only: ${allowed.join(", ") || "nothing"}.`,
  severity: "error",
  from: { path: `^packages/${name}/` },
  to: { path: "^packages/", pathNot: [name, ...allowed].map((p) => `^packages/${p}/`) },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: "arrow-into-programs",
      comment: "Nothing in packages imports examples or test.",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(examples|test)/" },
    },
    {
      name: "unlisted-package",
      comment: "A package absent from ALLOWED has no rule yet: add it there.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${Object.keys(ALLOWED).join("|")})/` },
      to: {},
    },
    {
      name: "pure-packages",
      comment: `${PURE.join(", ")}: no Node built-in and no dependency besides the arrows above.`,
      severity: "error",
      from: { path: `^packages/(${PURE.join("|")})/src/`, pathNot: TEST_FILE },
      to: { pathNot: "^packages/" },
    },
    {
      name: "by-package-name",
      comment: "Another package is imported by its name, never by a relative path into it.",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/", pathNot: "^packages/$1/", ...BY_PATH },
    },
    {
      name: "programs-by-package-name",
      comment: "Examples and tests import packages by name, as a user would.",
      severity: "error",
      from: { path: "^(examples|test)/" },
      to: { path: "^packages/", ...BY_PATH },
    },
    {
      name: "views-apart",
      comment:
        "A view of the explorer imports no other: what two of them need is in a folder of its own.",
      severity: "error",
      from: { path: VIEW },
      to: { path: VIEW, pathNot: "^packages/explorer/src/$1/" },
    },
    {
      name: "views-on-top",
      comment:
        "Only the menu of the explorer's shell imports views; what they share knows none of them.",
      severity: "error",
      from: {
        path: "^packages/explorer/src/",
        pathNot: [VIEW, "^packages/explorer/src/shell/views\\.ts$"],
      },
      to: { path: VIEW },
    },
    {
      name: "no-cycle-at-run-time",
      comment: "Modules that import each other load in an order nobody chose.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-cycle",
      comment:
        "Type-only cycles are allowed in core alone: its tensor, graph and backend types name each other.",
      severity: "error",
      from: { pathNot: "^packages/core/" },
      to: { circular: true },
    },
    {
      name: "unresolvable",
      comment: "The import leads nowhere (or to something that the package does not export).",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "undeclared-dependency",
      comment: "Packages import only what their own package.json lists as a dependency.",
      severity: "error",
      from: { path: "^packages/", pathNot: TEST_FILE },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "default", "types"],
    },
  },
};
