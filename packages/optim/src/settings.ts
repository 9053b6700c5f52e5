import { formatValue, ValueError } from "@convgrad/core";

/** What every optimiser is told. */
export interface Settings {
  /** Learning rate, a number ≥ 0. */
  readonly lr: number;
}

/** What a number must be, in words and as a test. */
export interface Range {
  readonly what: string;
  readonly fits: (value: number) => boolean;
}

/** A number ≥ 0. */
export const NOT_NEGATIVE: Range = { what: "a number ≥ 0", fits: (value) => value >= 0 };

/** A number > 0. */
export const POSITIVE: Range = { what: "a number > 0", fits: (value) => value > 0 };

/** The weight of a running average: from 0 to 1, 1 excluded, or nothing new would ever count. */
export const BELOW_ONE: Range = {
  what: "from 0 to 1, less than 1",
  fits: (value) => value >= 0 && value < 1,
};

/** From 0 to 1. */
export const FRACTION: Range = {
  what: "from 0 to 1",
  fits: (value) => value >= 0 && value <= 1,
};

/** @throws {@link ValueError} unless a setting is a finite number in range: `SGD: lr is NaN; it must be a number ≥ 0`. */
export function checkNumber(operation: string, name: string, value: number, range: Range): void {
  if (Number.isFinite(value) && range.fits(value)) return;
  throw new ValueError(operation, `${name} is ${formatValue(value)}; it must be ${range.what}`, {
    [name]: value,
  });
}
