import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { check, root } from "./compiler.ts";

/** The types that stand in the signatures of what a package exports, as an editor shows them. */
function* shown(
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
): Generator<[place: string, text: string]> {
  const resolved = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declaration = resolved.declarations?.[0];
  if (!declaration) return;
  const flags = ts.TypeFormatFlags.NoTruncation;
  const text = (type: ts.Type) => checker.typeToString(type, declaration, flags);
  const members = (type: ts.Type, place: string): [string, string][] =>
    checker
      .getPropertiesOfType(type)
      .filter(({ declarations }) => declarations?.some(isOurs))
      .map((member) => [
        `${place}.${member.name}`,
        text(checker.getTypeOfSymbolAtLocation(member, declaration)),
      ]);
  if (resolved.flags & ts.SymbolFlags.Value) {
    const type = checker.getTypeOfSymbolAtLocation(resolved, declaration);
    yield [symbol.name, text(type)];
    for (const signature of type.getConstructSignatures()) {
      yield [`new ${symbol.name}`, checker.signatureToString(signature, declaration, flags)];
      yield* members(signature.getReturnType(), symbol.name);
    }
    yield* members(type, symbol.name);
  }
  if (resolved.flags & ts.SymbolFlags.Type) {
    const type = checker.getDeclaredTypeOfSymbol(resolved);
    if (type.flags & ts.TypeFlags.Object) yield* members(type, symbol.name);
  }
}

const isOurs = (node: ts.Node) => /packages\/\w+\/src\//.test(node.getSourceFile().fileName);

it.each(["core", "layers", "optim", "data", "io", "train"])("%s shows no any", (name) => {
  const file = join(root, "packages", name, "src/index.ts");
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  const found = checker.getExportsOfModule(module).flatMap((symbol) => [...shown(checker, symbol)]);
  expect(found.length).toBeGreaterThan(20);
  const leaks = found.filter(([, text]) => /\bany\b/.test(text.replaceAll(/"[^"]*"/g, "")));
  expect(leaks).toEqual([]);
});

it("results of models and tensors show none either", () => {
  const { types, mistakes } = check(`
    import { zeros, concat, stack, tensor } from "@convgrad/core";
    import { Conv2D, Dense, Flatten, Residual, Sequential, Upsample } from "@convgrad/layers";
    const model = Sequential.of([1, 8, 8], new Conv2D(1, 2, 3), new Residual(new Conv2D(2, 2, 1)),
      new Upsample({ scale: 1.5 }), new Flatten({ start: 2 }));
    const conv = new Conv2D(1, 2, [3, 3], { padding: [[1, 1], [0, 0]] });
    const forward = model.forward;
    const y = model.forward(tensor([[1]]));
    const open = zeros([2, JSON.parse("3") as number]).add(y.sum(1)).permute([1, 0]);
    const all = [concat([y, y]), stack([open, open]), y.max(0, true), y.where(y.greater(0), 1)];
    const none = new Dense(3, 4).forward(y);`);
  expect(mistakes).toEqual([]);
  expect(types.size).toBe(7);
  for (const [name, text] of types) expect(text, name).not.toMatch(/\bany\b/);
});
