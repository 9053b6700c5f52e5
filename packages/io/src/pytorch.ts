import {
  checkOptions,
  formatShape,
  formatValue,
  noGrad,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { BatchNorm2D, Conv2D, Dense, Module, type StateDict } from "@convgrad/layers";

/**
 * Other names for the entries of a state dict: a function of the name, or names and beginnings of names up to a point
 * with what takes their place, the longest first: `{ conv1: "0" }` turns `"conv1.weight"` into `"0.weight"`, and
 * `{ module: "" }` turns `"module.0.weight"` into it. `null` leaves an entry out.
 */
export type Rename = ((name: string) => string | null) | Readonly<Record<string, string | null>>;

/** Options of {@link fromPyTorch} and {@link toPyTorch}. */
export interface PyTorchOptions {
  /** From the names of the given entries to those that are looked for; default: as they are. */
  readonly rename?: Rename;
}

/** A tensor in a model, and what PyTorch calls it and holds. */
interface Place {
  /** As in `stateDict()`; a tensor with several places has its first name in all. */
  readonly name: string;
  readonly theirs: string;
  readonly tensor: Tensor;
  readonly isFirst: boolean;
  readonly layout: Layout;
}

/** How a tensor lies there: as here, with its two axes exchanged, or with filters rotated by 180°. Each undoes itself. */
type Layout = "same" | "transposed" | "rotated";

const BATCH_NORM: Readonly<Record<string, string>> = {
  runningMean: "running_mean",
  runningVar: "running_var",
  batchesTracked: "num_batches_tracked",
};

function theirName(owner: Module, key: string): string {
  return owner instanceof BatchNorm2D ? (BATCH_NORM[key] ?? key) : key;
}

function layoutOf(owner: Module, key: string): Layout {
  if (key !== "weight") return "same";
  if (owner instanceof Dense) return "transposed";
  return owner instanceof Conv2D && owner.options.flip ? "rotated" : "same";
}

function turned(x: Tensor, layout: Layout): Tensor {
  if (layout === "transposed") return x.transpose(0, 1);
  return layout === "rotated" ? x.flip([2, 3]) : x;
}

/** The parameters and buffers of a model in all their places: as PyTorch, which lists a layer wherever it stands. */
function placesOf(model: Module): Place[] {
  const state = model.stateDict();
  const firsts = new Map(Object.entries(state).map(([name, x]) => [x.storage, name]));
  const places: Place[] = [];
  const walk = (owner: Module, prefix: string, above: readonly Module[]): void => {
    if (above.includes(owner)) return;
    const parts = owner.children();
    for (const [key, tensor] of Object.entries(owner.stateDict())) {
      if (parts.some(([part]) => key.startsWith(`${part}.`))) continue;
      const here = prefix + key;
      // Two parameters may be views of the same memory; each is its own.
      const isFirst = Object.hasOwn(state, here);
      const name = isFirst ? here : (firsts.get(tensor.storage) ?? here);
      const theirs = prefix + theirName(owner, key);
      places.push({ name, theirs, tensor, isFirst, layout: layoutOf(owner, key) });
    }
    for (const [name, part] of parts) walk(part, `${prefix}${name}.`, [...above, owner]);
  };
  walk(model, "", []);
  return places;
}

/**
 * The state of a model as PyTorch names and lays it out, for `load_state_dict` of a `torch.nn.Sequential` of the same
 * layers: a `Linear` holds `[out, in]` where {@link Dense} holds `[in, out]`, filters that a convolution flips are rotated,
 * batch normalisation has `running_mean`, `running_var` and `num_batches_tracked` (int32 here; PyTorch makes it int64). The names of
 * layers are their positions, as in `stateDict()`; those in {@link Residual} are `body`, `shortcut` and `activation`, those in
 * {@link SeparableConv2D} `depthwise` and `pointwise`. Parameters of your own classes keep names and layouts. Tensors may
 * share memory with the model.
 *
 * @throws {@link ValueError} for what is no model, or names that `rename` makes equal.
 *
 * @example
 * await saveSafetensors("model.safetensors", toPyTorch(model)); // load_state_dict(safetensors.torch.load_file(…))
 */
export function toPyTorch(model: Module, options: PyTorchOptions = {}): Record<string, Tensor> {
  const rename = check("toPyTorch", model, options);
  const entries = noGrad(() =>
    placesOf(model).map(({ theirs, tensor, layout }): [string, Tensor] => [
      theirs,
      turned(tensor, layout),
    ]),
  );
  return Object.fromEntries(renamed("toPyTorch", Object.fromEntries(entries), rename));
}

/**
 * The state of a model from tensors as PyTorch names and lays them out: the inverse of {@link toPyTorch}, for
 * `model.loadStateDict`. `num_batches_tracked` may be absent, and a layer that stands in two places needs its entries
 * once. The tensors may share memory with those given.
 *
 * @param tensors a state dict of PyTorch, as `loadSafetensors` reads it
 * @throws {@link ValueError} for names that are missing or that nothing asks for; {@link ShapeError} for other shapes:
 * `fromPyTorch: 2.weight is [400, 120], PyTorch's is [120, 400]: it is transposed already; …`
 *
 * @example
 * const { tensors } = await loadSafetensors("model.safetensors");
 * model.loadStateDict(fromPyTorch(model, tensors, { rename: { conv1: "0", fc: "3" } }));
 */
export function fromPyTorch(
  model: Module,
  tensors: Readonly<Record<string, Tensor>>,
  options: PyTorchOptions = {},
): StateDict {
  const rename = check("fromPyTorch", model, options);
  if (typeof tensors !== "object" || tensors === null || Array.isArray(tensors)) {
    const remedy = "pass them by name, as loadSafetensors gives them";
    throw new ValueError("fromPyTorch", `the tensors are ${formatValue(tensors)}; ${remedy}`);
  }
  const given = renamed("fromPyTorch", tensors, rename);
  const places = placesOf(model);
  checkNames(places, given);
  checkShapes(places, given);
  const state: StateDict = {};
  noGrad(() => {
    for (const { name, theirs, layout } of places) {
      const found = given.get(theirs);
      if (!found) continue;
      const value = turned(found, layout);
      const before = state[name];
      if (before) checkEqual(name, theirs, before, value);
      else state[name] = value;
    }
  });
  for (const { name, tensor } of places) state[name] ??= tensor; // a count of batches that is not there
  return state;
}

function check(operation: string, model: Module, options: PyTorchOptions): Rename {
  checkOptions(operation, options, ["rename"]);
  if (!(model instanceof Module)) {
    throw new ValueError(operation, `the model is ${formatValue(model)}; pass a module`);
  }
  const { rename = {} } = options;
  const isMap = typeof rename === "object" && rename !== null && !Array.isArray(rename);
  if (typeof rename === "function" || isMap) return rename;
  throw new ValueError(
    operation,
    `rename is ${formatValue(rename)}; pass a function of the name, or names: { conv1: "0" }`,
  );
}

/** The entries under the names that `rename` gives them. */
function renamed(
  operation: string,
  tensors: Readonly<Record<string, Tensor>>,
  rename: Rename,
): Map<string, Tensor> {
  const entries = new Map<string, Tensor>();
  for (const [name, tensor] of Object.entries(tensors)) {
    requireTensor(operation, `entry ${name}`, tensor);
    const other: unknown = typeof rename === "function" ? rename(name) : byBeginning(name, rename);
    if (other === null) continue;
    if (typeof other !== "string") {
      const remedy = "it must give a name, or null to leave the entry out";
      throw new ValueError(operation, `rename gave ${formatValue(other)} for ${name}; ${remedy}`);
    }
    if (entries.has(other)) {
      throw new ValueError(operation, `rename makes two entries ${other}, the second of ${name}`);
    }
    entries.set(other, tensor);
  }
  return entries;
}

function byBeginning(name: string, rename: Readonly<Record<string, string | null>>): unknown {
  const fitting = Object.keys(rename).filter((key) => name === key || name.startsWith(`${key}.`));
  const longest = fitting.reduce((a, b) => (b.length > a.length ? b : a), "");
  if (fitting.length === 0) return name;
  const other: unknown = rename[longest];
  if (other === "") return name.slice(longest.length + 1);
  return typeof other === "string" ? other + name.slice(longest.length) : other;
}

function checkNames(places: readonly Place[], given: ReadonlyMap<string, Tensor>): void {
  const found = new Set(places.flatMap(({ name, theirs }) => (given.has(theirs) ? [name] : [])));
  const missing = places
    .filter(({ name, theirs, isFirst }) => {
      return isFirst && !found.has(name) && !theirs.endsWith("num_batches_tracked");
    })
    .map(({ theirs }) => theirs);
  const known = new Set(places.map(({ theirs }) => theirs));
  const unexpected = [...given.keys()].filter((name) => !known.has(name));
  if (missing.length + unexpected.length === 0) return;
  throw new ValueError(
    "fromPyTorch",
    `the names differ: missing ${listed(missing)}; unexpected ${listed(unexpected)}; ` +
      'pass { rename: { conv1: "0" } } where layers have other names there, null for what the model has not',
    { missing, unexpected },
  );
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > 12 ? `, and ${names.length - 12} more` : "";
  return names.slice(0, 12).join(", ") + more;
}

function checkShapes(places: readonly Place[], given: ReadonlyMap<string, Tensor>): void {
  const wrong = places.flatMap(({ theirs, tensor, layout }) => {
    const actual = given.get(theirs)?.shape;
    const expected = layout === "transposed" ? tensor.shape.toReversed() : tensor.shape;
    if (!actual || sameShape(actual, expected)) return [];
    return [{ name: theirs, expected, actual, hint: hintOf(expected, actual, layout) }];
  });
  if (wrong.length === 0) return;
  const sentences = wrong
    .slice(0, 6)
    .map(
      ({ name, expected, actual, hint }) =>
        `${name} is ${formatShape(actual)}, PyTorch's is ${formatShape(expected)}${hint}`,
    );
  const more = wrong.length > 6 ? `; and ${wrong.length - 6} more` : "";
  throw new ShapeError("fromPyTorch", `${sentences.join("; ")}${more}`, { wrong });
}

function hintOf(expected: Shape, actual: Shape, layout: Layout): string {
  if (!sameShape(actual, expected.toReversed())) return "";
  return layout === "transposed"
    ? ": it is transposed already, so load it with loadStateDict"
    : ": its axes come in the opposite order, as those of other frameworks; permute them";
}

function checkEqual(name: string, theirs: string, first: Tensor, again: Tensor): void {
  const [a, b] = [first.toTypedArray(), again.toTypedArray()];
  if (a.every((value, i) => Object.is(value, b[i]))) return;
  throw new ValueError(
    "fromPyTorch",
    `${theirs} differs from ${name}, which is the same parameter in this model; make two layers of it`,
  );
}
