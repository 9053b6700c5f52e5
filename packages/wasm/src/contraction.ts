import { type Epilogue, type Letters, sizeOf, type View, type Window } from "@convgrad/core";
import type { Engine } from "./engine.ts";
import { columnsShape, columnsView, type FoldPlan, planFold } from "./folding.ts";
import { type ContractPlan, planProduct } from "./product.ts";
import { Plans, type Tables } from "./tables.ts";

type Plan = ContractPlan | FoldPlan;
const plansOf = new WeakMap<Engine, Plans<Plan>>();

function plansFor(engine: Engine): Plans<Plan> {
  let plans = plansOf.get(engine);
  if (!plans) {
    plans = new Plans(engine);
    plansOf.set(engine, plans);
  }
  return plans;
}

const geometry = (view: View) => `${view.shape}/${view.strides}`;

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
  const bias = epilogue?.bias ?? null;
  const key =
    `${letters.a},${letters.b},${letters.out};${geometry(a)};${geometry(b)};${geometry(out)};` +
    `${bias ? bias.strides : ""}`;
  const plans = plansFor(engine);
  const plan = plans.get(key, (tables) =>
    planProduct(engine, a, b, letters, bias, out, plans.tileHeight, tables),
  ) as ContractPlan;
  plan(a, b, epilogue, out);
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
  const shape = columnsShape(a, b, letters);
  const block = engine.allocate("float32", sizeOf(shape));
  try {
    contract(engine, a, b, letters, null, columnsView(block, shape));
    const { kernel, stride, dilation } = window;
    const key = `fold;${kernel};${stride};${dilation};${shape};${geometry(out)}`;
    const make = (tables: Tables) => planFold(engine, shape, window, out, tables);
    (plansFor(engine).get(key, make) as FoldPlan)(block.address, out);
  } finally {
    engine.release(block);
  }
}
