import { InvalidArgumentError } from "commander";

/** Reads a whole number of at least `least`, and at most `most`, from the command line. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      const limit = most < Number.MAX_SAFE_INTEGER ? ` and ≤ ${most}` : "";
      throw new InvalidArgumentError(`It must be a whole number ≥ ${least}${limit}.`);
    }
    return value;
  };
}

/** Reads a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number > 0.");
  }
  return value;
}
