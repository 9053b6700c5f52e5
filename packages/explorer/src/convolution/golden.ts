import { ARTICLE, type ArticleName } from "../golden/article.ts";
import type { Grid } from "../golden/grid.ts";
import { QUESTION, type QuestionName } from "../golden/question.ts";
import type { State } from "./fields.ts";

/** The state that shows a golden case of the question. */
export function ofQuestion(name: QuestionName): Partial<State> {
  const { stride, padding, image, filter, target } = QUESTION[name];
  return stateOf({ x: image, w: filter, b: 0, t: target, stride, padding });
}

/** The state that shows a golden layer of the article, which has to be one without an activation: y is xˡ ⊗ w + b. */
export function ofArticle(name: ArticleName): Partial<State> {
  const { x, w, bias, target } = ARTICLE[name];
  return stateOf({ x, w, b: bias, t: target, stride: 1, padding: 0 });
}

interface Layer {
  readonly x: Grid;
  readonly w: Grid;
  readonly b: number;
  readonly t: Grid;
  readonly stride: number;
  readonly padding: number;
}

function stateOf({ x, w, b, t, stride: s, padding: p }: Layer): Partial<State> {
  return {
    size: [x.rows, x.columns],
    kernel: [w.rows, w.columns],
    stride: [s, s],
    padding: [p, p, p, p],
    x: x.values,
    w: w.values,
    b: [b],
    t: t.values,
  };
}
