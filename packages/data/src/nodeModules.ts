import { ValueError } from "@convgrad/core";

/** The parts of Node that reading a data set needs. */
export interface NodeModules {
  readonly fs: typeof import("node:fs/promises");
  readonly path: typeof import("node:path");
  readonly module: typeof import("node:module");
}

/**
 * Node's modules, loaded when first needed and by names that bundlers for browsers do not follow.
 *
 * @param instead what reads the same from bytes
 * @throws {@link ValueError} where there is no Node: `mnist: reads files, which this runtime cannot; fetch them and
 * pass their bytes to readIdx`
 */
export async function nodeModules(operation: string, instead: string): Promise<NodeModules> {
  // Asked first, since a browser would request "node:fs" from its network.
  const isNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  const modules = isNode ? await load().catch(() => null) : null;
  if (modules) return modules;
  throw new ValueError(
    operation,
    `reads files, which this runtime cannot; fetch them and pass their bytes to ${instead}`,
  );
}

async function load(): Promise<NodeModules> {
  const [fs, path, module] = await Promise.all(
    ["fs/promises", "path", "module"].map((name) => {
      const specifier = `node:${name}`;
      return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    }),
  );
  return { fs, path, module };
}
