import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as convgrad from "convgrad";
import { describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/coming-from.md"), "utf8");
const names = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| PyTorch"))
  .flatMap((line) => [...(line.split("|").at(-2) ?? "").matchAll(/`([^`]+)`/g)])
  .map(([, name]) => name!);

/** The thing behind `conv2d`, `x.add` or `Module.eval`. */
function resolve(name: string): unknown {
  const [owner, method] = name.split(".") as [string, string?];
  const all: Readonly<Record<string, unknown>> = convgrad;
  if (method === undefined) return all[owner];
  const type = all[owner === "x" ? "Tensor" : owner] as { prototype: Record<string, unknown> };
  return type.prototype[method];
}

describe("the names beside PyTorch's and Keras's", () => {
  it("are many", () => {
    expect(names.length).toBeGreaterThan(130);
  });

  it.each(names)("%s exists", (name) => {
    expect(resolve(name)).toBeTypeOf("function");
  });
});
