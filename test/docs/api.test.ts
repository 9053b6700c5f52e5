import { join } from "node:path";
import {
  Application,
  type Comment,
  type DeclarationReflection,
  LogLevel,
  ReflectionKind,
  type SignatureReflection,
} from "typedoc";
import { beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Functions that refuse nothing, and why; one that gains a `@throws` leaves the list. */
const REFUSES_NOTHING: Readonly<Record<string, string>> = {
  Explanation: "explain makes it",
  Graph: "graph makes it",
  ParameterGroup: "optimisers make it, with rules that check",
  fusion: "types say what a definition lacks; who calls the operation checks its inputs",
  Tensor: "operations make tensors and have checked what they hand to the constructor",
  contiguousLayout: "arithmetic on shapes that are known to be shapes",
  definePrimitive: "types say what a definition lacks, the primitive itself checks its inputs",
  formatShape: "for messages of errors, which nothing may replace by another error",
  formatValue: "as formatShape",
  isContiguous: "arithmetic on layouts",
  sameShape: "arithmetic on shapes",
  unravelIndex: "arithmetic on shapes",
  sizeOf: "arithmetic on shapes",
  windowCount: "arithmetic on sizes",
  windowExtent: "arithmetic on sizes",
};

/** Functions and classes of tensors whose shapes are none of their business, and why. */
const SHAPELESS: Readonly<Record<string, string>> = {
  ExponentialMovingAverage: "whatever shapes the weights have",
  ParameterGroup: "whatever shapes the parameters have",
  Tensor: "its methods say them",
};

const SHAPES = /\[[^\]\n]+\]|\bshapes?\b|\bscalars?\b|\belementwise\b|\bany rank\b/i;

let exported: readonly DeclarationReflection[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  const app = await Application.bootstrap({
    options: join(root, "typedoc.json"),
    logLevel: LogLevel.None,
  });
  const { log } = app.logger;
  app.logger.log = (message, level) => {
    if (level >= LogLevel.Warn) complaints.push(message);
    log.call(app.logger, message, level);
  };
  const project = await app.convert();
  if (!project) throw new Error(`TypeDoc refuses the sources: ${complaints.join("; ")}`);
  app.validate(project);
  exported = project.children ?? [];
}, 120_000);

const text = (comment: Comment | undefined): string =>
  [...(comment?.summary ?? []), ...(comment?.blockTags ?? []).flatMap((tag) => tag.content)]
    .map((part) => part.text)
    .join("");

const says = (comment: Comment | undefined, tag: `@${string}`): boolean =>
  comment?.blockTags.some((block) => block.tag === tag) ?? false;

/** What is called: functions by their signatures, classes by their constructors. */
interface Callable {
  readonly name: string;
  readonly signature: SignatureReflection;
  /** All that is written about it. */
  readonly words: string;
  readonly refuses: boolean;
}

function callables(): Callable[] {
  return exported.flatMap((entry): Callable[] => {
    if (entry.kindOf(ReflectionKind.Function)) {
      return (entry.signatures ?? []).map((signature) => ({
        name: entry.name,
        signature,
        words: wordsOf(signature),
        refuses: says(signature.comment, "@throws"),
      }));
    }
    if (!entry.kindOf(ReflectionKind.Class)) return [];
    const made = entry.children?.find((child) => child.kindOf(ReflectionKind.Constructor));
    const signatures = made?.signatures ?? [];
    // What the first signature says holds for all.
    const refuses = [entry, ...signatures].some(({ comment }) => says(comment, "@throws"));
    return signatures.map((signature) => ({
      name: entry.name,
      signature,
      words: text(entry.comment) + wordsOf(signature),
      refuses,
    }));
  });
}

function wordsOf({ comment, parameters = [] }: SignatureReflection): string {
  return [comment, ...parameters.map((parameter) => parameter.comment)].map(text).join(" ");
}

const isOfTensors = ({ parameters = [], type }: SignatureReflection): boolean =>
  [type, ...parameters.map((parameter) => parameter.type)].some((each) =>
    /\bTensor\b/.test(String(each)),
  );

function inherits(name: string, from: string): boolean {
  const parents = exported.find((entry) => entry.name === name)?.extendedTypes ?? [];
  return parents.some((parent) => {
    const parentName = String(parent).replace(/<.*/s, "");
    return parentName === from || inherits(parentName, from);
  });
}

describe("the API documentation", () => {
  it("builds without a warning", () => {
    expect(complaints).toEqual([]);
  });

  it("has a sentence for every export", () => {
    expect(exported.length).toBeGreaterThan(150);
    const bare = exported.filter(
      ({ comment, signatures = [] }) =>
        text(comment) === "" && !signatures.some((signature) => text(signature.comment) !== ""),
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it("says what every function and constructor refuses", () => {
    const silent = callables()
      .filter(({ signature, refuses, name }) => {
        const takesSomething = (signature.parameters ?? []).length > 0;
        return takesSomething && !refuses && !inherits(name, "Error");
      })
      .map(({ name }) => name);
    expect([...new Set(silent)].toSorted()).toEqual(Object.keys(REFUSES_NOTHING).toSorted());
  });

  it("says the shapes that every function of tensors and every layer takes or gives", () => {
    const silent = callables()
      .filter(({ name, signature }) => isOfTensors(signature) || inherits(name, "Module"))
      .filter(({ words }) => !SHAPES.test(words))
      .map(({ name }) => name);
    expect([...new Set(silent)].toSorted()).toEqual(Object.keys(SHAPELESS).toSorted());
  });
});
