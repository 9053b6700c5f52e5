import { ConvgradError } from "@convgrad/core";

/** What a computation gave, or the library's message why it refused. */
export type Outcome<T> =
  | { readonly value: T; readonly refusal: null }
  | { readonly value: null; readonly refusal: string };

/** Computes, and keeps the library's refusal as a message for a `Notice`. */
export function outcome<T>(compute: () => T): Outcome<T> {
  try {
    return { value: compute(), refusal: null };
  } catch (error) {
    if (error instanceof ConvgradError) return { value: null, refusal: error.message };
    throw error;
  }
}
