// Whole numbers as the compiler reckons with them: digit by digit, in tables, on strings whose first digit is the least
// significant ("82" is 28). A step costs a few instantiations for each digit, whatever the number.

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** What follows a digit; ten is a column of the tables. */
type Next = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

/** Row a, column b (0 to 10): the last digit of a + b, and what is carried. */
type Sums = [
  ["00", "10", "20", "30", "40", "50", "60", "70", "80", "90", "01"],
  ["10", "20", "30", "40", "50", "60", "70", "80", "90", "01", "11"],
  ["20", "30", "40", "50", "60", "70", "80", "90", "01", "11", "21"],
  ["30", "40", "50", "60", "70", "80", "90", "01", "11", "21", "31"],
  ["40", "50", "60", "70", "80", "90", "01", "11", "21", "31", "41"],
  ["50", "60", "70", "80", "90", "01", "11", "21", "31", "41", "51"],
  ["60", "70", "80", "90", "01", "11", "21", "31", "41", "51", "61"],
  ["70", "80", "90", "01", "11", "21", "31", "41", "51", "61", "71"],
  ["80", "90", "01", "11", "21", "31", "41", "51", "61", "71", "81"],
  ["90", "01", "11", "21", "31", "41", "51", "61", "71", "81", "91"],
];

/** Row a, column b (0 to 10): the last digit of a − b, and what is borrowed. */
type Differences = [
  ["00", "91", "81", "71", "61", "51", "41", "31", "21", "11", "01"],
  ["10", "00", "91", "81", "71", "61", "51", "41", "31", "21", "11"],
  ["20", "10", "00", "91", "81", "71", "61", "51", "41", "31", "21"],
  ["30", "20", "10", "00", "91", "81", "71", "61", "51", "41", "31"],
  ["40", "30", "20", "10", "00", "91", "81", "71", "61", "51", "41"],
  ["50", "40", "30", "20", "10", "00", "91", "81", "71", "61", "51"],
  ["60", "50", "40", "30", "20", "10", "00", "91", "81", "71", "61"],
  ["70", "60", "50", "40", "30", "20", "10", "00", "91", "81", "71"],
  ["80", "70", "60", "50", "40", "30", "20", "10", "00", "91", "81"],
  ["90", "80", "70", "60", "50", "40", "30", "20", "10", "00", "91"],
];

type Column<B extends Digit, Carry> = Carry extends "1" ? Next[B] : B;

type Sum<
  A extends string,
  B extends string,
  Carry = "0",
> = A extends `${infer a extends Digit}${infer As}`
  ? B extends `${infer b extends Digit}${infer Bs}`
    ? Sums[a][Column<b, Carry>] extends `${infer digit}${infer carry}`
      ? `${digit}${Sum<As, Bs, carry>}`
      : never
    : Carry extends "1"
      ? Sum<A, "1">
      : A
  : Carry extends "1"
    ? Sum<"1", B>
    : B;

/** Ends with "-" where b is more than a. */
type Difference<
  A extends string,
  B extends string,
  Borrow = "0",
> = B extends `${infer b extends Digit}${infer Bs}`
  ? (A extends "" ? "0" : A) extends `${infer a extends Digit}${infer As}`
    ? Differences[a][Column<b, Borrow>] extends `${infer digit}${infer borrow}`
      ? `${digit}${Difference<As, Bs, borrow>}`
      : never
    : never
  : Borrow extends "1"
    ? A extends ""
      ? "-"
      : Difference<A, "1">
    : A;

type Twice<A extends string> = Sum<A, A>;

/** a times each digit. */
interface Multiples<A extends string> {
  "0": "";
  "1": A;
  "2": Twice<A>;
  "3": Sum<A, Twice<A>>;
  "4": Twice<Twice<A>>;
  "5": Sum<A, Twice<Twice<A>>>;
  "6": Twice<Sum<A, Twice<A>>>;
  "7": Sum<A, Twice<Sum<A, Twice<A>>>>;
  "8": Twice<Twice<Twice<A>>>;
  "9": Sum<A, Twice<Twice<Twice<A>>>>;
}

type Multiple<A extends string, B extends string> = B extends `${infer b extends Digit}${infer Bs}`
  ? Bs extends ""
    ? Multiples<A>[b]
    : Sum<Multiples<A>[b], `0${Multiple<A, Bs>}`>
  : "";

/** How often b goes into rest, which is less than ten times b; and what remains. */
type Share<Rest extends string, B extends string, Count extends string = "0"> =
  Difference<Rest, B> extends infer Less extends string
    ? Less extends `${string}-`
      ? [Count, Rest]
      : Count extends Digit
        ? Share<Less, B, Next[Count]>
        : never
    : never;

/** Long division of a, written as people do, by b. */
type Ratio<
  A extends string,
  B extends string,
  Rest extends string = "",
  Quotient extends string = "",
> = A extends `${infer a}${infer As}`
  ? Share<`${a}${Rest}`, B> extends [infer count extends string, infer rest extends string]
    ? Ratio<As, B, rest, `${Quotient}${count}`>
    : never
  : Quotient;

type Reversed<A extends string, End extends string = ""> = A extends `${infer a}${infer As}`
  ? Reversed<As, `${a}${End}`>
  : End;

/** The digits of a whole number ≥ 0; `"?"` for one that is not known, and for what is none. */
type Digits<N extends number> = number extends N
  ? "?"
  : `${N}` extends `${string}${"-" | "." | "e" | "N" | "I"}${string}`
    ? "?"
    : `${N}`;

type Parsed<A extends string> = A extends `0${infer rest}`
  ? rest extends ""
    ? 0
    : Parsed<rest>
  : A extends `${infer N extends number}`
    ? N
    : 0;

/** a + b for sizes that are known, else `number`. */
export type Add<A extends number, B extends number> = "?" extends Digits<A> | Digits<B>
  ? number
  : Parsed<Reversed<Sum<Reversed<Digits<A>>, Reversed<Digits<B>>>>>;

/** a − b for sizes that are known, else `number`; `never` where it is negative. */
export type Subtract<A extends number, B extends number> = "?" extends Digits<A> | Digits<B>
  ? number
  : Difference<Reversed<Digits<A>>, Reversed<Digits<B>>> extends infer D extends string
    ? D extends `${string}-`
      ? never
      : Parsed<Reversed<D>>
    : never;

/** a · b for sizes that are known, else `number`; 0 times anything is 0. */
export type Multiply<A extends number, B extends number> = "?" extends Digits<A> | Digits<B>
  ? number
  : Parsed<Reversed<Multiple<Reversed<Digits<A>>, Reversed<Digits<B>>>>>;

/** ⌊a / b⌋ for sizes that are known, else `number`; so it is for b = 0. */
export type Divide<A extends number, B extends number> = "?" extends Digits<A> | Digits<B>
  ? number
  : B extends 0
    ? number
    : Parsed<Ratio<Digits<A>, Reversed<Digits<B>>>>;
