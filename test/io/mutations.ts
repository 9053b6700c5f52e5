import fc from "fast-check";

/** Good files become others by a few of these. */
type Mutation =
  | { readonly kind: "set" | "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "bit"; readonly at: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "remove" | "double"; readonly at: number; readonly length: number }
  | { readonly kind: "digit"; readonly at: number; readonly digit: number }
  | { readonly kind: "word"; readonly at: number; readonly word: string };

/** What stands in headers: put over each other, they are likelier to be believed than random bytes. */
const WORDS = [
  ..."F64 F32 F16 I64 I32 I16 U64 U32 U16 I8 U8 BOOL BF16 <f8 <f4 <f2 >f4 <i8 <i4 >i8 <u4 |u1 |b1".split(
    " ",
  ),
  ..."True False 'shape' (3,) () {} [] [0] [1,0] [9007199254740991] 99999 -1 1.5 1e3 null true \"\" , : { } [ ]".split(
    " ",
  ),
  ...'"dtype" "shape" "data_offsets" "__metadata__" "__proto__" \\u0000 PK\x01\x02 PK\x03\x04 PK\x05\x06'.split(
    " ",
  ),
];

const at = fc.oneof(fc.nat(), fc.nat(400));
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("set", "insert"),
    at,
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 9 }),
      fc.constantFrom(Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0, 0, 0, 0)),
    ),
  }),
  fc.record({ kind: fc.constant("bit"), at }),
  fc.record({ kind: fc.constant("cut"), at }),
  fc.record({ kind: fc.constantFrom("remove", "double"), at, length: fc.nat(40) }),
  fc.record({ kind: fc.constant("digit"), at: fc.nat(60), digit: fc.nat(9) }),
  fc.record({ kind: fc.constant("word"), at, word: fc.constantFrom(...WORDS) }),
);

/** One to three changes. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(mutation, {
  minLength: 1,
  maxLength: 3,
});

/** The file after the changes. */
export function mutated(good: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce(apply, Uint8Array.from(good));
}

function apply(file: Uint8Array, change: Mutation): Uint8Array {
  const position = change.at % (file.length + 1);
  const [before, after] = [file.subarray(0, position), file.subarray(position)];
  switch (change.kind) {
    case "set":
      return over(file, position, change.bytes);
    case "word":
      return over(file, position, new TextEncoder().encode(change.word));
    case "insert":
      return Uint8Array.of(...before, ...change.bytes, ...after);
    case "cut":
      return before;
    case "remove":
      return Uint8Array.of(...before, ...after.subarray(change.length));
    case "double":
      return Uint8Array.of(...before, ...after.subarray(0, change.length), ...after);
    case "bit":
      return over(file, position, Uint8Array.of((file[position] ?? 0) ^ (1 << (change.at % 8))));
    case "digit": {
      const digits = [...file.keys()].filter((i) => file[i]! >= 0x30 && file[i]! <= 0x39);
      return over(file, digits[change.at % digits.length] ?? 0, Uint8Array.of(0x30 + change.digit));
    }
  }
}

function over(file: Uint8Array, position: number, bytes: Uint8Array): Uint8Array {
  const result = file.slice();
  result.set(bytes.subarray(0, file.length - position), position);
  return result;
}
