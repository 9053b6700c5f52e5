import { ValueError } from "@convgrad/core";
import { nodeParts, resolve } from "../receiptFacts.ts";

/** The texts of uPlot, which draws the charts of a report. */
export interface ChartLibrary {
  /** `uplot/dist/uPlot.iife.min.js` */
  readonly script: string;
  /** `uplot/dist/uPlot.min.css` */
  readonly style: string;
  /** Its licence, which the page shows. */
  readonly licence: string;
}

/**
 * uPlot as it is installed beside this package.
 *
 * @throws {@link ValueError} where there is none.
 */
export async function chartLibrary(): Promise<ChartLibrary> {
  const node = nodeParts();
  if (!node) {
    throw new ValueError(
      "renderReport",
      "this runtime has no files; fetch uPlot and pass { library: { script, style, licence } }",
    );
  }
  const read = (file: string) => node.fs.readFile(resolve(node, `uplot/${file}`), "utf8");
  try {
    const files = ["dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"];
    const [script, style, licence] = await Promise.all(files.map(read));
    return { script: script!, style: style!, licence: licence! };
  } catch (error) {
    throw new ValueError(
      "renderReport",
      `the package uplot cannot be read (${(error as Error).message.split("\n")[0]}); run npm install uplot`,
    );
  }
}
