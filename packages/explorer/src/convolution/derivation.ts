import { numberTex } from "./equations.ts";
import type { Net } from "./net.ts";
import { type Story, storyOf } from "./terms.ts";

/** A line of a derivation. */
export interface Line {
  /** Of the article, "Backpropagation in Convolutional Neural Networks" of 2016. */
  readonly number: string;
  readonly tex: string;
  readonly says: string;
}

/** Why a gradient is the sum that it is, with the numbers of one output; none for a bias or what no output sees. */
export function derivationOf(net: Net, story: Story): Line[] {
  const { spot, terms } = story;
  const term = terms.find(({ padding }) => !padding) ?? terms[0];
  if (!term || (spot.of !== "w" && spot.of !== "x")) return [];
  const weight = spot.of === "w";
  const at = `${spot.of}_{${spot.index}}`;
  const output = `y_{${term.output}}`;
  const inside = storyOf(net, { of: "y", index: term.output }).terms;
  const own = inside.findIndex(({ tap, cell, padding }) =>
    weight
      ? `${tap}` === `${spot.index}`
      : !padding && `${cell!.channel},${cell!.place}` === `${spot.index}`,
  );
  const summand = (i: number) => {
    const { a, b, tap, cell } = inside[i]!;
    return weight
      ? `${factor(b)}\\, w_{${tap}}`
      : `${factor(a)}\\, x_{${cell!.channel},${cell!.place}}`;
  };
  const sum = [
    ...(own > 0 ? [...(own > 1 ? ["\\cdots"] : []), summand(own - 1)] : []),
    `\\boldsymbol{${summand(own)}}`,
    ...(own + 1 < inside.length ? [summand(own + 1)] : []),
    ...(own + 2 < inside.length ? ["\\cdots"] : []),
    "b",
  ].join(" + ");
  const product = `δ·${weight ? "x" : "w"}`;
  const among = [
    ...(term === terms[0] ? [] : ["\\cdots"]),
    `${factor(term.a)} \\cdot ${factor(term.b)}`,
    ...(term === terms.at(-1) ? [] : ["\\cdots"]),
  ].join(" + ");
  return [
    {
      number: weight ? "10" : "16",
      tex: `\\frac{\\partial E}{\\partial ${at}} = \\sum \\delta\\, \\frac{\\partial y}{\\partial ${at}}`,
      says: weight
        ? "The chain rule: the weight takes part in every output of its filter."
        : "The chain rule: only the outputs of region Q depend on the pixel.",
    },
    {
      number: weight ? "11" : "18",
      tex: `\\frac{\\partial ${output}}{\\partial ${at}} = \\frac{\\partial}{\\partial ${at}} \\left( ${sum} \\right)`,
      says: "One of these outputs, written out. In one summand alone stands what is asked for.",
    },
    {
      number: weight ? "12" : "19",
      tex: `\\frac{\\partial ${output}}{\\partial ${at}} = ${numberTex(term.b)}`,
      says: `All other summands are constants; what is left is the ${weight ? "cell of x" : "weight"} beside it.`,
    },
    {
      number: weight ? "13" : "20",
      tex: `\\frac{\\partial E}{\\partial ${at}} = ${among} = ${numberTex(story.value)}`,
      says:
        terms.length === 1
          ? `This output adds ${product} to the gradient, and there is no other.`
          : `So this output adds ${product} to the gradient, and so does each of the ${terms.length}.`,
    },
  ];
}

function factor(n: number): string {
  return n < 0 || Object.is(n, -0) ? `(${numberTex(n)})` : numberTex(n);
}
