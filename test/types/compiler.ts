import { join } from "node:path";
import ts from "typescript";
import { vi } from "vitest";

// Checking takes its time; no test of it depends on how fast or how busy a machine is.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** The folder of this tree. */
export const root: string = join(import.meta.dirname, "../..");

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
  ts.sys,
  root,
);
const libraries = new Map<string, ts.SourceFile | undefined>();

/** A program that was written out, as the compiler sees it. */
export interface Checked {
  /** What is wrong in it: the line, counted from 0, and the message without what follows it. */
  readonly mistakes: readonly { readonly line: number; readonly message: string }[];
  /** The types of its top-level constants, as an editor shows them. */
  readonly types: ReadonlyMap<string, string>;
  /** The numbers that `tsc --extendedDiagnostics` gives. */
  readonly instantiations: number;
  readonly milliseconds: number;
}

/** Checks a program that stands in this folder and exists nowhere; the packages are their sources. */
export function check(code: string): Checked {
  const name = join(import.meta.dirname, "program.ts");
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    if (file === name) return ts.createSourceFile(file, code, languageVersion, true);
    if (!libraries.has(file)) libraries.set(file, getSourceFile(file, languageVersion, ...rest));
    return libraries.get(file);
  };
  const program = ts.createProgram([name], options, host);
  const source = program.getSourceFile(name)!;
  const start = performance.now();
  const found = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ];
  const milliseconds = performance.now() - start;
  const instantiations = program.getInstantiationCount();
  const checker = program.getTypeChecker();
  const types = new Map<string, string>();
  for (const statement of source.statements.filter(ts.isVariableStatement)) {
    for (const { name } of statement.declarationList.declarations) {
      const flags = ts.TypeFormatFlags.NoTruncation;
      types.set(
        name.getText(),
        checker.typeToString(checker.getTypeAtLocation(name), undefined, flags),
      );
    }
  }
  const mistakes = found.map(({ start, messageText }) => ({
    line: source.getLineAndCharacterOfPosition(start ?? 0).line,
    message: typeof messageText === "string" ? messageText : messageText.messageText,
  }));
  return { mistakes, types, instantiations, milliseconds };
}
