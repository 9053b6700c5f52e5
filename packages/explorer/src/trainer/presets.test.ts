import { expect, it } from "vitest";
import { parseAddress } from "../address/address.ts";
import { readState } from "../address/fields.ts";
import { describeNetwork } from "../network/buildNetwork.ts";
import type { LayerCard } from "../network/recipe.ts";
import { readLayers, writeLayers } from "../network/recipeText.ts";
import { FIELDS } from "./fields.ts";
import { freshLayer, LAYER_NAMES, moveLayer, withLayer } from "./layerNames.ts";
import { networks } from "./networks.ts";
import { presets } from "./presets.ts";

const TASK = { imageShape: [1, 28, 28], classes: 10 } as const;

it.each(networks)("$title fits images of digits, and an address", ({ layers }) => {
  const { rows } = describeNetwork(layers, TASK);
  expect(rows.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(readLayers(writeLayers(layers))).toEqual(layers);
});

it.each(presets)("the preset $id is an address of a network that fits", ({ href }) => {
  const { view, query } = parseAddress(href);
  expect(view).toBe("train");
  const { network } = readState(FIELDS, query);
  expect(describeNetwork(network, TASK).rows.every(({ error }) => error === null)).toBe(true);
});

it("every layer that can be added has numbers that an address can hold", () => {
  for (const type of Object.keys(LAYER_NAMES) as LayerCard["type"][]) {
    const card = freshLayer(type);
    expect(readLayers(writeLayers([card]))).toEqual([card]);
  }
});

it("a new layer comes before the last dense one, and a layer can be put anywhere", () => {
  const layers = readLayers("flat-relu-dense10")!;
  expect(writeLayers(withLayer(layers, freshLayer("tanh")))).toBe("flat-relu-tanh-dense10");
  expect(writeLayers(withLayer([], freshLayer("tanh")))).toBe("tanh");
  expect(writeLayers(moveLayer(layers, 0, 2))).toBe("relu-dense10-flat");
  expect(writeLayers(moveLayer(layers, 2, 0))).toBe("dense10-flat-relu");
});
