import { gradcheck, tensor } from "@convgrad/core";
import * as layers from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RUNS } from "./cases.ts";
import { calls, distinct } from "./layerCalls.ts";

describe("gradients of the layers, to second order", () => {
  it.each(Object.entries(calls))("%s", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(10000), ({ shapes, apply }, seed) => {
        const inputs = shapes.map((shape, i) => tensor(distinct(shape, seed + i), { shape }));
        expect(gradcheck(apply, inputs, { order: 2 }).ok).toBe(true);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

/** What is exported as a function and is neither layer nor loss, and why. */
const NO_LAYER: Readonly<Record<string, string>> = {
  fillConstant: "initialises",
  fillNormal: "initialises",
  fillTruncatedNormal: "initialises",
  fillUniform: "initialises",
  kaimingNormal: "initialises",
  kaimingUniform: "initialises",
  orthogonal: "initialises",
  xavierNormal: "initialises",
  xavierUniform: "initialises",
  calculateGain: "a number for initialisers",
  fans: "numbers for initialisers",
  accuracy: "a metric, without gradient",
  confusionMatrix: "a metric, without gradient",
  precisionRecallF1: "a metric, without gradient",
  topK: "a metric, without gradient",
  leNet5: "makes a model of layers",
  outputShape: "a shape, without numbers",
  resNet: "makes a model of layers",
  simpleCnn: "makes a model of layers",
  annotate: "writes on the graph",
  explain: "reads the graph",
  graph: "reads the graph",
  buffer: "marks a tensor",
  parameter: "marks a tensor",
  maxPoolWithIndices: "maxPool is its first result",
};

it("every layer and loss that is exported has such a law", () => {
  const functions = Object.entries(layers)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
    .map(([name]) => name);
  const lawful = Object.keys(calls).map((title) => /^\w+/.exec(title)![0]);
  expect(functions.toSorted()).toEqual([...new Set([...lawful, ...Object.keys(NO_LAYER)])].sort());
});
