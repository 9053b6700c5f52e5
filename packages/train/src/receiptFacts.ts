import { sha256 } from "./sha256.ts";

/** The program of a run, and the code it ran. */
export interface CodeFacts {
  /** How it was started: its file, from the working directory, and its arguments; `null` outside Node. */
  readonly program: { readonly script: string; readonly arguments: readonly string[] } | null;
  readonly code: {
    /** Of convgrad. */
    readonly version: string | null;
    /** SHA-256 of the files of each package, by its name. */
    readonly packages: Readonly<Record<string, string>>;
    /** SHA-256 of the program's file. */
    readonly program: string | null;
  };
}

/** What a run ran on. */
export interface MachineFacts extends CodeFacts {
  /** `"linux x64"`; `null` outside Node, as the processor. */
  readonly platform: string | null;
  readonly processor: string | null;
  /** `"node 22.12.0"`, or what a browser says of itself. */
  readonly runtime: string;
}

/** All packages that take part in a training. */
const PACKAGES = ["core", "wasm", "layers", "optim", "data", "io", "train"];

/** Node's modules, found so that bundlers for browsers meet no `node:` import. */
interface NodeParts {
  readonly fs: typeof import("node:fs/promises");
  readonly path: typeof import("node:path");
  readonly os: typeof import("node:os");
  readonly url: typeof import("node:url");
  readonly module: typeof import("node:module");
}

/** `null` where there is no Node. */
export function nodeParts(): NodeParts | null {
  const find = typeof process === "undefined" ? undefined : process.getBuiltinModule;
  if (!find) return null;
  return {
    fs: find("node:fs/promises"),
    path: find("node:path"),
    os: find("node:os"),
    url: find("node:url"),
    module: find("node:module"),
  };
}

/** This file, or the one that holds it after a build: CommonJS knows it by another name. */
export function ownFile({ url }: NodeParts): string {
  return typeof __filename === "string" ? __filename : url.fileURLToPath(import.meta.url);
}

/** What this process runs on, and which code. */
export async function machineFacts(): Promise<MachineFacts> {
  const node = nodeParts();
  if (!node) {
    const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } };
    const code = { version: null, packages: {}, program: null };
    const runtime = navigator?.userAgent ?? "unknown";
    return { program: null, code, platform: null, processor: null, runtime };
  }
  const script = process.argv[1];
  const packages = await Promise.all(
    PACKAGES.map(async (name) => [`@convgrad/${name}`, await packageFacts(node, name)] as const),
  );
  const known = packages.filter(([, facts]) => facts !== null);
  return {
    program: script ? { script: relative(node, script), arguments: process.argv.slice(2) } : null,
    code: {
      version: packages.find(([name]) => name === "@convgrad/train")?.[1]?.version ?? null,
      packages: Object.fromEntries(known.map(([name, facts]) => [name, facts!.hash])),
      program: script ? await hashOf(node, [script]).catch(() => null) : null,
    },
    platform: `${process.platform} ${process.arch}`,
    processor: node.os.cpus()[0]?.model.trim() || null,
    runtime: `node ${process.versions.node}`,
  };
}

/** From the working directory, with slashes. */
function relative({ path }: NodeParts, file: string): string {
  return path.relative(process.cwd(), file).split(path.sep).join("/");
}

/** Version and hash of a package: of its sources where those run, else of its build; `null` where it is not found. */
async function packageFacts(
  node: NodeParts,
  name: string,
): Promise<{ readonly version: string; readonly hash: string } | null> {
  const { fs, path } = node;
  const own = ownFile(node);
  try {
    const manifest = resolve(node, `@convgrad/${name}/package.json`);
    const root = path.dirname(manifest);
    const isSource = path.basename(path.dirname(own)) === "src";
    const folder = path.join(root, isSource ? "src" : "dist");
    const kept = isSource ? /(?<!\.test)\.ts$/ : own.endsWith(".cjs") ? /\.cjs$/ : /\.js$/;
    const files = (await fs.readdir(folder, { recursive: true })).filter((file) => kept.test(file));
    const hash = await hashOf(
      node,
      files.sort().map((file) => path.join(folder, file)),
      folder,
    );
    return { version: JSON.parse(await fs.readFile(manifest, "utf8")).version, hash };
  } catch {
    return null; // bundled programs bring no packages along
  }
}

/**
 * The file behind a name, seen from here, else from the working directory.
 *
 * @throws what Node says where neither finds it.
 */
export function resolve(node: NodeParts, name: string): string {
  const { createRequire } = node.module;
  try {
    return createRequire(ownFile(node)).resolve(name);
  } catch {
    return createRequire(node.path.join(process.cwd(), "package.json")).resolve(name);
  }
}

/** SHA-256 of the names, below a folder, and contents of files; of contents alone where there is no folder. */
async function hashOf(
  { fs, path }: NodeParts,
  files: readonly string[],
  folder?: string,
): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const contents = await fs.readFile(file);
    const name = folder === undefined ? "" : path.relative(folder, file).split(path.sep).join("/");
    parts.push(new TextEncoder().encode(`${name}\n${contents.length}\n`), contents);
  }
  return sha256(parts);
}
