import { type Epilogue, type Letters, sizeOf, type View, type Window } from "@convgrad/core";
import type { Convolution } from "./convolution.ts";
import { isDepthwise, planPlaneImages, planPlanes } from "./depthwise.ts";
import { planFilters } from "./directFilters.ts";
import { planForward } from "./directForward.ts";
import { planImage } from "./directImage.ts";
import type { Addresses, GradientPlan } from "./directTables.ts";
import type { Engine } from "./engine.ts";
import { columnsShape, columnsView, planFold } from "./folding.ts";
import { type Found, findFilters, findForward, findImage } from "./groups.ts";
import { type ContractPlan, planFinish, planProduct } from "./product.ts";
import { Plans, type Tables } from "./tables.ts";
import { suitsWinograd, winogradFilters, winogradForward, winogradImage } from "./winograd.ts";

const plansOf = new WeakMap<Engine, Plans<ContractPlan>>();

function plansFor(engine: Engine): Plans<ContractPlan> {
  let plans = plansOf.get(engine);
  if (!plans) {
    plans = new Plans(engine);
    plansOf.set(engine, plans);
  }
  return plans;
}

const geometry = (view: View) => `${view.shape}/${view.strides}`;

/** Everything that a plan depends on. */
function keyOf(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  epilogue: Epilogue | null,
  out: View,
): string {
  const finish = epilogue ? `e${epilogue.bias ? `b${epilogue.bias.strides}` : ""}` : "";
  return (
    `${letters.a},${letters.b},${letters.out};${geometry(a)};${geometry(b)};${geometry(out)};` +
    `${finish}${engine.winograd ? "w" : ""}`
  );
}

/**
 * out = Σ a·b over the letters missing from `out`, then bias and relu as the epilogue says. Sums are float32, in an
 * order that the shapes determine and the number of threads does not.
 */
export function contract(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  epilogue: Epilogue | null,
  out: View,
): void {
  const plans = plansFor(engine);
  const plan = plans.get(
    keyOf(engine, a, b, letters, epilogue, out),
    (tables) =>
      filtersPlan(engine, a, b, letters, epilogue, out, tables) ??
      forwardPlan(engine, a, b, letters, epilogue, out, plans.tileHeight, tables) ??
      planProduct(engine, a, b, letters, epilogue?.bias ?? null, out, plans.tileHeight, tables),
  );
  plan(a, b, epilogue, out);
}

/** Where the tensors of a convolution are in this call. */
function addressesOf(engine: Engine, found: Found, a: View, b: View, out: View): Addresses {
  const views = { a, b, out };
  return {
    x: engine.address(views[found.x]),
    filters: engine.address(views[found.filters]),
    y: engine.address(views[found.y]),
  };
}

function placed({ conv }: Found, at: Addresses): Convolution {
  return {
    sizes: conv.sizes,
    x: { ...conv.x, address: at.x },
    filters: { ...conv.filters, address: at.filters },
    y: { ...conv.y, address: at.y },
  };
}

const throughWinograd = (engine: Engine, { conv, groups }: Found) =>
  engine.winograd && groups === 1 && suitsWinograd(conv);

/** The byte steps of a bias by filter and by group, or `null` where it varies along another axis. */
function biasSteps(
  bias: View,
  letters: Letters,
  { filters }: Found,
): readonly [byFilter: number, byGroup: number] | null {
  let [byFilter, byGroup] = [0, 0];
  for (const [axis, letter] of Array.from(letters.out).entries()) {
    const step = bias.shape[axis]! > 1 ? bias.strides[axis]! * 4 : 0;
    if (step === 0) continue;
    const x = filters === "a" ? "b" : "a";
    if (!letters[filters as "a" | "b"].includes(letter)) return null;
    if (letters[x].includes(letter)) byGroup = step;
    else byFilter = step;
  }
  return [byFilter, byGroup];
}

function forwardPlan(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  epilogue: Epilogue | null,
  out: View,
  tileHeight: number,
  tables: Tables,
): ContractPlan | null {
  const found = findForward(engine, { a, b, out }, letters);
  if (!found) return null;
  const bias = epilogue?.bias ?? null;
  const steps = bias ? biasSteps(bias, letters, found) : null;
  if (throughWinograd(engine, found) && (steps || !bias)) {
    return (a, b, epilogue, out) =>
      winogradForward(engine, placed(found, addressesOf(engine, found, a, b, out)), epilogue);
  }
  const run =
    (isDepthwise(found) ? planPlanes(engine, found, tables) : null) ??
    planForward(engine, found, tileHeight, tables);
  const at = (a: View, b: View, out: View) => addressesOf(engine, found, a, b, out);
  if (steps || !bias) {
    return (a, b, epilogue, out) => {
      const own = epilogue?.bias;
      run(at(a, b, out), epilogue, own ? [engine.address(own), ...steps!] : null);
    };
  }
  const finish = planFinish(engine, letters.out, bias, out, tables);
  return (a, b, epilogue, out) => {
    run(at(a, b, out), null, null);
    finish(epilogue!, out);
  };
}

/**
 * The gradient of the filters. With samples and channels exchanged, each such contraction is a forward pass too, whose
 * filters are as large as its image, and the other way round: which it is, the sizes tell.
 */
function filtersPlan(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  epilogue: Epilogue | null,
  out: View,
  tables: Tables,
): ContractPlan | null {
  const found = findFilters(engine, { a, b, out }, letters);
  if (!found) return null;
  const { h, w, i, j } = found.conv.sizes;
  if (h * w <= i * j) return null;
  const run: GradientPlan = throughWinograd(engine, found)
    ? (at) => winogradFilters(engine, placed(found, at))
    : planFilters(engine, found, tables);
  const finish = planFinish(engine, letters.out, epilogue?.bias ?? null, out, tables);
  return (a, b, epilogue, out) => {
    run(addressesOf(engine, found, a, b, out));
    if (epilogue) finish(epilogue, out);
  };
}

/** out = fold(contract(a, b)), filled completely; nobody sees the columns between. */
export function contractFold(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  window: Window,
  out: View,
): void {
  if (sizeOf(out.shape) === 0) return;
  const { kernel, stride, dilation } = window;
  const key = `fold;${kernel};${stride};${dilation};${keyOf(engine, a, b, letters, null, out)}`;
  const plans = plansFor(engine);
  const plan = plans.get(
    key,
    (tables) =>
      imagePlan(engine, a, b, letters, window, out, plans.tileHeight, tables) ??
      columnsPlan(engine, a, b, letters, window, out, plans.tileHeight, tables),
  );
  plan(a, b, null, out);
}

function imagePlan(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  window: Window,
  out: View,
  tileHeight: number,
  tables: Tables,
): ContractPlan | null {
  const found = findImage(engine, { a, b, out }, letters, window);
  if (!found) return null;
  const size = out.shape.slice(-2) as [number, number];
  const at = (a: View, b: View, out: View) => addressesOf(engine, found, a, b, out);
  // Windows that skip rows or columns of the image look dense to Winograd's algorithm, which would leave those as they are.
  const isDense = [...window.stride, ...window.dilation].every((step) => step === 1);
  if (isDense && throughWinograd(engine, found)) {
    return (a, b, _, out) => winogradImage(engine, placed(found, at(a, b, out)), size);
  }
  const strides = out.strides.slice(-2) as [number, number];
  const run =
    (isDepthwise(found) ? planPlaneImages(engine, found, size, strides, tables) : null) ??
    planImage(engine, found, size, strides, tileHeight, tables);
  return (a, b, _, out) => run(at(a, b, out));
}

/** Columns in memory, for contractions that are no convolution over two axes. */
function columnsPlan(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  window: Window,
  out: View,
  tileHeight: number,
  tables: Tables,
): ContractPlan {
  const shape = columnsShape(a, b, letters);
  const plain = columnsView(out.buffer, shape);
  const product = planProduct(engine, a, b, letters, null, plain, tileHeight, tables);
  const fold = planFold(engine, shape, window, out, tables);
  return (a, b, _, out) => {
    const block = engine.allocate("float32", sizeOf(shape));
    try {
      product(a, b, null, columnsView(block, shape));
      fold(block.address, out);
    } finally {
      engine.release(block);
    }
  };
}
