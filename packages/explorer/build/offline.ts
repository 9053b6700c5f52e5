import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Plugin, transformWithOxc } from "vite";

const SOURCE = join(import.meta.dirname, "../src/offline/serviceWorker.ts");
const NAME = "serviceWorker.js";

/** Writes the service worker with the list of all files that were built, and a hash of their names and contents. */
export function offline(): Plugin {
  return {
    name: "convgrad:offline",
    apply: "build",
    async writeBundle({ dir }) {
      const entries = await readdir(dir!, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(dir!, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((path) => path !== NAME)
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(`${file}\0`).update(await readFile(join(dir!, file)));
      const { code } = await transformWithOxc(await readFile(SOURCE, "utf8"), SOURCE);
      const listed = files.filter((path) => path !== "index.html"); // it stands for the folder
      const head = [
        `const FILES = ${JSON.stringify(listed)};`,
        `const VERSION = ${JSON.stringify(hash.digest("hex").slice(0, 16))};`,
      ];
      await writeFile(join(dir!, NAME), `${head.join("\n")}\n${code}`);
    },
  };
}
