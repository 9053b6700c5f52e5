import { checkFunction, formatValue, ValueError } from "@convgrad/core";
import { Module } from "@convgrad/layers";
import type { LayerFormats } from "./description.ts";
import { layerRows } from "./layers.ts";

/**
 * The formats of a user's own classes.
 *
 * @throws {@link ValueError} for what is no such format, or a name that is taken.
 */
export function checkFormats(operation: string, formats: LayerFormats): void {
  const refuse = (message: string): never => {
    throw new ValueError(operation, message);
  };
  const form = "{ Twice: { class: Twice, describe, build } }";
  if (typeof formats !== "object" || formats === null || Array.isArray(formats)) {
    refuse(`layers is ${formatValue(formats)}; pass formats by name: ${form}`);
  }
  const known = layerRows();
  for (const [name, format] of Object.entries(formats)) {
    if (Object.hasOwn(known, name) || name === "Shared" || name === "__proto__") {
      refuse(`the name ${name} in layers is taken; give your class another`);
    }
    const type: unknown = (format as { class?: unknown } | null)?.class;
    if (typeof type !== "function" || !(type.prototype instanceof Module)) {
      refuse(`layers.${name}.class is ${formatValue(type)}, no class of modules; pass ${form}`);
    }
    checkFunction(operation, `layers.${name}.describe`, format.describe, "(layer) => ({ … })");
    checkFunction(operation, `layers.${name}.build`, format.build, "(fields) => new Twice(…)");
  }
}
