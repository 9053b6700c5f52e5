import { DeferredContraction } from "../deferred.ts";
import { floatDType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Letters } from "../kernels.ts";
import { definePrimitive, type Primitive } from "../primitive.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * y = Σ a·b over the letters missing from `out`; each letter of an operand stands in another operand or in `out` too.
 * ∂a = Σ g·b and ∂b = Σ g·a are contractions themselves: the same letters with the roles exchanged.
 */
export const contraction: Primitive<[a: Tensor, b: Tensor], Letters> = definePrimitive<
  [Tensor, Tensor],
  Letters
>({
  name: "contract",
  dtype: floatDType("contract"),
  shape: ([a, b], letters) => contractedShape(letters, a.shape, b.shape),
  forward: (kernels, [a, b], out, letters) => kernels.contract(a, b, letters, out),
  defer: (kernels, [a, b], letters, shape) => DeferredContraction.of(kernels, a, b, letters, shape),
  vjp: [
    ({ b, params: { a: forA, b: forB, out } }) =>
      (g) =>
        contraction(g, b, { a: out, b: forB, out: forA }),
    ({ a, params: { a: forA, b: forB, out } }) =>
      (g) =>
        contraction(g, a, { a: out, b: forA, out: forB }),
  ],
});

/**
 * The shape of a contraction.
 *
 * @throws {@link ShapeError} when ranks or the sizes behind a letter differ.
 */
function contractedShape(letters: Letters, a: Shape, b: Shape): Shape {
  const sizes = new Map<string, number>();
  const bind = (operand: "a" | "b", shape: Shape) => {
    const names = letters[operand];
    if (names.length !== shape.length) {
      throw new ShapeError(
        "contract",
        `"${names}" names ${names.length} axes but operand ${operand} is ${formatShape(shape)}`,
        { letters, a, b },
      );
    }
    shape.forEach((n, axis) => {
      const letter = names[axis]!;
      const known = sizes.get(letter) ?? n;
      if (known !== n) {
        throw new ShapeError(
          "contract",
          `letter "${letter}" is ${known} in a ${formatShape(a)} and ${n} in b ${formatShape(b)} ` +
            `("${letters.a}, ${letters.b} -> ${letters.out}"); transpose or reshape one operand`,
          { letters, a, b },
        );
      }
      sizes.set(letter, n);
    });
  };
  bind("a", a);
  bind("b", b);
  return [...letters.out].map((letter) => sizes.get(letter)!);
}
