import { symbol } from "../equation/Equation.tsx";
import type { LabName } from "./fields.ts";
import type { ForwardName } from "./forwards.ts";

/** What a lab is about. */
export interface Lab {
  readonly title: string;
  readonly forward: ForwardName;
  /** What its forward pass is called beside "right", in sentences and in the names of matrices. */
  readonly called: string;
  readonly look: string;
  readonly explanation: string;
}

/** The three labs. */
export const labs: Readonly<Record<LabName, Lab>> = {
  asked: {
    title: "0 · As asked",
    forward: "asked",
    called: "as asked",
    look: "Look first at the two curves: the same image, target, first filter, gradient and learning rate.",
    explanation:
      "The question's program takes the weight by the output's indices, f[y][x], where its own equation (1) sums over the filter's. Its gradient, eq. (2), is right, but it belongs to another forward pass: every step goes down a slope that is not there. So the error may fall for a while, as the two landscapes are a little alike, and then run away.",
  },
  answered: {
    title: "1 · The accepted answer",
    forward: "answered",
    called: "as answered",
    look: "Look first at the table of gradcheck, then at the windows: point at a cell of y.",
    explanation:
      "The accepted answer writes f[j][i], and at stride 1 that is all there is to mend. But the stride still multiplies the filter's index, i·s, where eq. (1) has the output's, u·s. From stride 2 on the window has holes (a dilation) instead of moving on by s (a stride), and eq. (2) is again the gradient of another forward pass.",
  },
  mended: {
    title: "2 · The stride mended",
    forward: "right",
    called: "mended",
    look: "Look first at gradcheck: green at every stride.",
    explanation:
      "With u·s + i the stride moves the window, as eq. (1) says, and eq. (2) is its gradient. Every step goes down its own slope now, at every stride, and only too large a learning rate can still lead it astray. Nothing was wrong with the derivation; the program did not compute what had been derived.",
  },
};

const bug = (tex: string) => symbol("bug", tex);
const mended = (tex: string) => symbol("mended", tex);
const equation = (pixel: string, weight: string) =>
  `${symbol("y", "y_{u,v}")} = \\sum_{i=0}^{k-1}\\sum_{j=0}^{k-1} ${symbol("x", `x_{${pixel}}`)}\\; ${weight}`;
const own = symbol("w", "w_{i,j}");

/** The forward passes in KaTeX; where they err, the symbol "bug". */
export const equations: Readonly<Record<ForwardName, string>> = {
  asked: equation(`${bug("u + i s")} - p,\\; ${bug("v + j s")} - p`, bug(symbol("w", "w_{u,v}"))),
  answered: equation(`${bug("u + i s")} - p,\\; ${bug("v + j s")} - p`, own),
  right: equation(
    `${mended("u s + i")} - p,\\; ${mended("v s + j")} - p`,
    symbol("mended-weight", own),
  ),
};

/** The line of the program that differs. */
export const programs: Readonly<Record<ForwardName, string>> = {
  asked: "a[y + j·s − p][x + i·s − p] · f[y][x]",
  answered: "a[y + j·s − p][x + i·s − p] · f[j][i]",
  right: "a[y·s + j − p][x·s + i − p] · f[j][i]",
};

/** The symbols of the equations in words. */
export const symbols = [
  { name: "y", tex: "y_{u,v}", is: "an output cell" },
  { name: "x", tex: "x", is: "the pixels it reads" },
  { name: "w", tex: "w", is: "the weights it uses" },
] as const;
