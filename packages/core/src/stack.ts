/** The call stack of a moment; its text is only made when asked for. */
export interface Creation {
  readonly stack?: string;
}

const FRAMES = 50;

/** Notes the call stack, deep enough to reach the user's code through layers of the library's. */
export function creation(): Creation {
  const runtime = Error as { stackTraceLimit?: number };
  const limit = runtime.stackTraceLimit;
  runtime.stackTraceLimit = FRAMES;
  const noted = new Error();
  if (limit !== undefined) runtime.stackTraceLimit = limit;
  return noted;
}

/** The folder that holds this package, and in a monorepo its siblings. */
const home = /[^\s(@]*[\\/](?=[^\\/]+[\\/](?:src|dist)[\\/][^\\/]*$)/.exec(
  frames(new Error())[0] ?? "",
)?.[0];

function frames({ stack }: Creation): string[] {
  return stack?.split("\n").filter((frame) => /:\d+:\d+/.test(frame)) ?? [];
}

/** The stack's lines outside this library, innermost first, as far as the runtime tells; all where none is. */
export function callers(noted: Creation): string[] {
  const all = frames(noted).map((frame) => frame.trim());
  const own = [home, "@convgrad/", "node:internal"].filter((part) => part !== undefined);
  const others = all.filter((frame) => !own.some((part) => frame.includes(part)));
  return others.length > 0 ? others : all;
}
