import type { MapOp, View, ZipOp } from "@convgrad/core";
import type { Engine } from "./engine.ts";

export function fill(engine: Engine, value: number, out: View): void {
  throw new Error(`not yet: fill ${value} ${engine.threads} ${out.shape}`);
}
export function copy(engine: Engine, x: View, out: View): void {
  throw new Error(`not yet: copy ${engine.threads} ${x.shape} ${out.shape}`);
}
export function map(engine: Engine, op: MapOp, x: View, out: View): void {
  throw new Error(`not yet: ${op} ${engine.threads} ${x.shape} ${out.shape}`);
}
export function zip(engine: Engine, op: ZipOp, a: View, b: View, out: View): void {
  throw new Error(`not yet: ${op} ${engine.threads} ${a.shape} ${b.shape} ${out.shape}`);
}
export function select(engine: Engine, condition: View, a: View, b: View, out: View): void {
  throw new Error(`not yet ${engine.threads} ${a.shape} ${b.shape} ${out.shape} ${condition}`);
}
export function accumulate(engine: Engine, x: View, out: View): void {
  throw new Error(`not yet ${engine.threads} ${x.shape} ${out.shape}`);
}
export function axpby(engine: Engine, alpha: number, x: View, beta: number, out: View): void {
  throw new Error(`not yet ${engine.threads} ${x.shape} ${out.shape} ${alpha} ${beta}`);
}
