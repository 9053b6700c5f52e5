import { readFileSync } from "node:fs";

interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Tensors = Readonly<Record<string, Golden>>;
interface Trace {
  readonly errors_first_steps: readonly number[];
  readonly lowest_error: number;
  readonly lowest_error_at_step: number;
  readonly steps_until_error_over_1e12_or_end: number;
  readonly last_error: number;
  readonly error_at: readonly (readonly [step: number, error: number])[];
}
export interface Case {
  readonly name: string;
  readonly config: { readonly f?: string };
  readonly inputs: Tensors;
  readonly upstream?: Tensors;
  readonly outputs: Tensors & { readonly err: number; readonly E_eq9: number };
  readonly grads?: Tensors;
  readonly traps: Tensors;
  readonly question_code: Readonly<Record<string, Golden | "TypeError">>;
  readonly as_asked: Trace;
  readonly right_forward_eq1: Trace;
}
function casesOf(file: string): readonly Case[] {
  const url = new URL(`../golden/data/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: Case[] }).cases;
}
const seed = casesOf("seed_equations");
const pools = { max: "max_pool2d", avg: "avg_pool2d", l2: "lp_pool2d" } as const;

/** The first plane of a tensor. */
const plane = ({ shape, data }: Golden) =>
  data.slice(
    0,
    shape.slice(-2).reduce((size, n) => size * n, 1),
  );
const numbersIn = (text: string | null) => text?.split(",").map(Number) ?? null;
const same = (a: readonly number[] | null, b: Golden | undefined) =>
  a !== null && b !== undefined && `${a}` === `${plane(b)}`;

/** A state of the explorer that the lessons link to. */
export interface Preset {
  readonly rows: number[];
  readonly title: string;
  readonly view: string;
  readonly query: URLSearchParams;
}

/** The golden case whose inputs an address holds; `null` for none. */
export function caseAt({ view, query }: Preset): Case | null {
  const x = numbersIn(query.get("x") ?? query.get("image"));
  const w = numbersIn(query.get("w") ?? query.get("filter"));
  const t = numbersIn(query.get("t") ?? query.get("target"));
  if (view === "pooling") {
    const file = pools[(query.get("kind") ?? "max") as keyof typeof pools];
    return [...seed, ...casesOf(file)].find((c) => same(x, c.inputs?.["x"])) ?? null;
  }
  const isArticle = view === "graph" ? !query.has("loss") : query.get("more") === "erratum";
  if (isArticle) return seed.find((c) => c.name === "article_4x4_k2_relu_integers")!;
  const found = seed.find(
    ({ inputs: { I, x_l, F, F0, w: own, target } }) =>
      same(x, I ?? x_l) && same(w, F ?? F0 ?? own) && same(t, target),
  );
  return found ?? null;
}

/** What is seen after a change of the address: numbers by their names on the page. */
export interface Sight {
  readonly change: Readonly<Record<string, string>>;
  /** A node of the graph to choose. */
  readonly node?: string;
  readonly numbers: Readonly<Record<string, readonly number[]>>;
  readonly alert?: RegExp;
}

type SightsOf = (c: Case, query: URLSearchParams) => readonly Sight[];

/** The golden numbers that a view shows, first those of the address as it is: of a case, by the names that they have on its page. */
export const SIGHTS: Readonly<Record<string, SightsOf>> = {
  convolution({ inputs, outputs, grads }, query): readonly Sight[] {
    const { I, x_l, F, w: own, target } = inputs;
    const [x, w] = [(I ?? x_l)!.data, (F ?? own)!.data];
    const dw = (grads!["dF_eq2"] ?? grads!["eq13_dW"])!.data;
    // A kernel that is turned before it slides is turned back here, so that the same numbers come out.
    const turned = query.has("flip");
    const given: Sight["change"] = turned ? { w: w.toReversed().join() } : {};
    const difference = [0];
    const forward = {
      ...{ x, w: turned ? w.toReversed() : w, target: target!.data },
      y: (outputs["O_eq1"] ?? outputs["x_next"])!.data,
      delta: (outputs["dO"] ?? outputs["delta"])!.data,
      E: [outputs.err ?? outputs.E_eq9],
    };
    const weights: Sight["numbers"] = { dW: turned ? dw.toReversed() : dw, difference };
    const modes: Record<string, Sight["numbers"]> = {
      forward,
      weights: grads!["dB"] ? { ...weights, db: grads!["dB"].data } : weights,
      input: { dX: (grads!["dI"] ?? grads!["eq20_dX"])!.data, difference },
    };
    const first = query.get("mode") ?? "forward";
    return [...new Set([first, ...Object.keys(modes)])].map((mode) => ({
      change: { ...given, mode },
      numbers: modes[mode]!,
    }));
  },

  pooling({ inputs, outputs, grads, upstream }, query): readonly Sight[] {
    const kind = query.get("kind") ?? "max";
    const [y, dx, delta] = [outputs, grads, upstream].map(
      (all) => all?.["y"] ?? all?.["x"] ?? all?.[kind],
    );
    return [
      {
        change: {},
        numbers: {
          ...{ x: plane(inputs["x"]!), y: plane(y!), parameters: [0] },
          ...(dx && { dx: plane(dx), delta: plane(delta!) }),
        },
      },
    ];
  },

  flips({ inputs, outputs, grads, traps, config }, query): readonly Sight[] {
    const dw = grads!["eq13_dW"]!.data;
    const dx = grads!["eq20_dX"]!.data;
    const { data: delta } = outputs["delta"]!;
    const { data: w } = inputs["w"]!;
    const parts: Record<string, Sight["numbers"]> = {
      weights: { o: outputs["o_l"]!.data, delta, dw, "eq. (13)": dw, "eq. (14)": dw },
      input: { delta, kernel: w, dx },
      cases: config.f === "identity" ? { "⊗, ∂E/∂w": dw, "⊗, ∂E/∂o": dx } : {},
      erratum: erratum({ grads, traps }),
    };
    const layer = { x: inputs["x_l"]!.data, w, target: inputs["target"]!.data };
    const shown = parts[query.get("part")!]!;
    return [{ change: {}, numbers: { ...layer, "x next": outputs["x_next"]!.data, ...shown } }];
  },

  bugs(c, query): readonly Sight[] {
    if (query.get("more") === "erratum") return [{ change: {}, numbers: erratum(c) }];
    if (c.as_asked) return [{ change: {}, numbers: training(c) }];
    const { outputs, grads, question_code: code } = c;
    const right = { "output, right": outputs["O_eq1"]!.data, "E right": [outputs.err] };
    const asked = code["forward_as_asked_f[y][x]"]!;
    const answered = code["forward_after_the_answer_f[j][i]"] as Golden;
    return [
      { change: {}, numbers: right },
      {
        change: { lab: "asked", more: "loss" },
        ...(asked === "TypeError" && { alert: /^ShapeError: / }),
        numbers: {
          ...{ ...right, "loss: gradient": outputs["dO"]!.data },
          ...(asked !== "TypeError" && { "output, as asked": asked.data }),
        },
      },
      {
        change: { lab: "answered", more: "update" },
        numbers: {
          "output, as answered": answered.data,
          "filter gradient": grads!["dF_eq2"]!.data,
        },
      },
    ];
  },

  graph({ inputs, outputs, grads }, query): readonly Sight[] {
    const change = { step: "99" };
    const next = query.get("detail") === "layers" ? "conv2d" : "add of conv2d";
    const [dx, dw, db] = ["eq20_dX", "eq13_dW", "dB"].map((name) => grads![name]!.data);
    const given = { "input x": inputs["x_l"]!.data, "input w": inputs["w"]!.data };
    const relu = { "value of relu": outputs["o_l"]!.data };
    const conv = {
      [`value of ${next}`]: outputs["x_next"]!.data,
      [`gradient of ${next}`]: outputs["delta"]!.data,
    };
    return [
      { change: {}, numbers: { ...given, ...relu } },
      { change, node: "relu", numbers: { ...relu, "passed to x": dx! } },
      { change, node: next, numbers: conv },
      { change, node: "x", numbers: { "gradient of x": dx! } },
      { change, node: "w", numbers: { "gradient of w": dw! } },
      { change, node: "b", numbers: { "gradient of b": db! } },
    ];
  },
};

/** Equations (21) and (22) beside (20). */
function erratum({ grads, traps }: Pick<Case, "grads" | "traps">): Sight["numbers"] {
  const right = grads!["eq20_dX"]!.data;
  return {
    "eq. (20)": right,
    "eq. (21) corrected": right,
    "eq. (22) corrected": right,
    "eq. (22) printed": traps["eq22_read_literally_full_CONVOLUTION_with_rot180_w"]!.data,
  };
}

/** A training as far as the mistaken one passes 1e12: what is told of it, and the errors in the table. */
function training({ as_asked: asked, right_forward_eq1: right }: Case): Sight["numbers"] {
  const end = asked.steps_until_error_over_1e12_or_end - 1;
  const { lowest_error_at_step: step, lowest_error: lowest, last_error: last } = asked;
  const first = (run: string, errors: readonly number[]) =>
    errors.map((error, at) => [`E, ${run}, ${at}`, [error]]);
  const later = right.error_at.filter(([at]) => at <= end);
  return {
    step: [end],
    "story of as asked": [step, lowest, end, last],
    ...Object.fromEntries([
      ...first("as asked", asked.errors_first_steps),
      ...first("right", right.errors_first_steps),
      ...later.map(([at, error]) => [`E, right, ${at}`, [error]]),
    ]),
  };
}
