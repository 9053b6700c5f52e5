import { parseAddress } from "../address/address.ts";
import type { Preset } from "../examples/preset.ts";

/** The presets of every view that has some. */
const FILES = import.meta.glob<{ readonly presets: readonly Preset[] }>("../*/presets.ts", {
  eager: true,
});

/** The views that show something, with their titles in the menu, which itself leads here. */
export const VIEWS: Readonly<Record<string, string>> = {
  convolution: "Convolution",
  pooling: "Pooling",
  flips: "Flips",
  bugs: "Bug lab",
  train: "Train",
  graph: "Graph",
};

/** A preset and the view that shows it. */
export interface PresetLink {
  /** Its title in the menu. */
  readonly view: string;
  readonly preset: Preset;
}

/** All presets, in the order of the menu. */
export const links: readonly PresetLink[] = Object.entries(VIEWS).flatMap(([id, title]) =>
  Object.values(FILES)
    .flatMap(({ presets }) => presets)
    .filter(({ href }) => parseAddress(href).view === id)
    .map((preset) => ({ view: title, preset })),
);

/** The presets that show a row, in the order of the menu. */
export function shownBy(row: number): readonly PresetLink[] {
  return links.filter(({ preset }) => preset.rows.includes(row));
}
