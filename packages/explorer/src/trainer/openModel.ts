import { ValueError } from "@convgrad/core";
import { architecture, decodeModel } from "@convgrad/io";
import { Sequential } from "@convgrad/layers";
import { buildNetwork, type Task, undisturbed } from "../network/buildNetwork.ts";
import type { LayerCard } from "../network/recipe.ts";
import { readLayers, writeLayers } from "../network/recipeText.ts";
import { releaseModel } from "../network/releaseModel.ts";

type Fields = Readonly<Record<string, unknown>>;
/** A card, and the settings of a layer that no card has. */
type Told = readonly [card: Fields, rest: Fields];

/** The card of each class of layer that has one, by what {@link architecture} says of it. */
const CARDS: Readonly<Record<string, (fields: Fields) => Told>> = {
  Conv2D: ({ channels: _, filters, kernel, stride = 1, padding = 0, ...rest }) => [
    { type: "conv", filters, kernel, stride, padding },
    rest,
  ],
  MaxPool: pool("maxPool"),
  AvgPool: pool("avgPool"),
  LpPool: ({ p, ...fields }) => {
    const [card, rest] = pool("lpPool")(fields);
    return [card, p === 2 ? rest : { ...rest, p }];
  },
  ReLU: plain("relu"),
  Tanh: plain("tanh"),
  Sigmoid: plain("sigmoid"),
  GELU: plain("gelu"),
  BatchNorm2D: ({ channels: _, ...rest }) => [{ type: "batchNorm" }, rest],
  GlobalAvgPool: plain("globalAvgPool"),
  Flatten: plain("flatten"),
  Dropout: ({ p, ...rest }) => [{ type: "dropout", p }, rest],
  Dense: ({ inputs: _, outputs, ...rest }) => [{ type: "dense", units: outputs }, rest],
};

function pool(type: string) {
  return ({ kernel, stride = kernel, ...rest }: Fields): Told => [
    { type, size: kernel, stride },
    rest,
  ];
}

function plain(type: string) {
  return (rest: Fields): Told => [{ type }, rest];
}

/** What settings that no card has must be, where a file says them nevertheless. */
const USUAL: Fields = {
  bias: true,
  padding: 0,
  paddingMode: "zeros",
  dilation: 1,
  groups: 1,
  flip: false,
  ceilMode: false,
  countIncludePad: true,
  approximate: "none",
};

/**
 * The model of a file that the page, or `saveModel`, wrote, and its layers as cards.
 *
 * @throws {@link FormatError} for a file that is none; {@link ValueError} for a model whose layers have no cards, or that
 * does not fit the images.
 */
export function openModel(
  bytes: Uint8Array,
  name: string,
  task: Task,
): { readonly model: Sequential; readonly layers: readonly LayerCard[] } {
  const model = decodeModel(bytes, { name });
  try {
    if (!(model instanceof Sequential)) {
      refuse(`${name} holds ${String(model)}; the page opens layers in a row: Sequential`);
    }
    const layers = cardsOf(model, name);
    checkFit(model, layers, name, task);
    return { model, layers };
  } catch (error) {
    releaseModel(model);
    throw error;
  }
}

function cardsOf(model: Sequential, name: string): readonly LayerCard[] {
  const described = architecture(model);
  if (described.dtype !== "float32") refuse(`${name} is of float64; the page trains float32`);
  const parts = described.model["layers"] as unknown as readonly Fields[];
  return parts.map(({ type, ...fields }, i) => {
    const tell = Object.hasOwn(CARDS, type as string) ? CARDS[type as string] : undefined;
    const [card, rest] = tell?.(fields) ?? [{}, { type }];
    const strange = Object.entries(rest).find(([key, value]) => USUAL[key] !== value);
    // What the address cannot say, no card can: a kernel of 3×5, padding "same", more filters than the page allows.
    const known = strange ? undefined : readLayers(writeLayers([card as LayerCard]))?.[0];
    if (known && JSON.stringify(known) === JSON.stringify(card)) return known;
    const where = strange && tell ? `, for its ${strange[0]}` : "";
    return refuse(
      `layer ${i} of ${name} is ${model.layers[i]}, which has no card on this page${where}; open it in Node: loadModel`,
    );
  });
}

/** That the cards, for these images, make a network with weights of the same shapes. */
function checkFit(model: Sequential, layers: readonly LayerCard[], name: string, task: Task): void {
  const { rows, model: again } = undisturbed(() => buildNetwork(layers, task));
  const shapes = (network: Sequential) =>
    JSON.stringify(Object.entries(network.stateDict()).map(([key, { shape }]) => [key, shape]));
  const isSame = again !== null && shapes(again) === shapes(model);
  if (again) releaseModel(again);
  if (isSame) return;
  const fault = rows.map(({ error }) => error).find((error) => error !== null);
  refuse(
    `${name} does not fit these images, [${task.imageShape.join(", ")}] of ${task.classes} classes` +
      `${fault ? ` (${fault})` : ""}; choose the images that it was trained on`,
  );
}

function refuse(message: string): never {
  throw new ValueError("open", message);
}
