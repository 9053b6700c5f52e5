import { linkTo } from "../address/useAddress.ts";
import type { Preset } from "../examples/preset.ts";
import { readLayers } from "../network/recipeText.ts";
import { FIELDS, type Shown } from "./fields.ts";
import { networks } from "./networks.ts";

const link = (part: Partial<Shown>) => linkTo("train", FIELDS, part);
const layersOf = (id: string) => networks.find((network) => network.id === id)!.layers;
/** Five hidden layers whose slope is a quarter at most. */
const SIGMOIDS =
  "flat-dense32-sigmoid-dense32-sigmoid-dense32-sigmoid-dense32-sigmoid-dense32-sigmoid-dense10";

/** States of the trainer that are worth a link. */
export const presets: readonly Preset[] = [
  {
    id: "shared-weights",
    title: "LeNet-5: what sharing weights saves",
    rows: [16],
    href: link({}),
    text: "Each convolution's card says how many parameters a dense layer in its place would have.",
  },
  {
    id: "receptive-field",
    title: "What one cell sees of the image",
    rows: [17],
    href: link({ at: [3, 0, 4, 4] }),
    text: "A cell of the second convolution is pinned; the box on the image is its receptive field.",
  },
  {
    id: "pools-learn-nothing",
    title: "A pool has no parameters",
    rows: [34],
    href: link({ network: layersOf("small") }),
    text: "Its card says 0, whatever its size: no learning takes place on pooling layers.",
  },
  {
    id: "article-net",
    title: "The article's network, trained",
    rows: [36],
    href: link({ network: layersOf("article") }),
    text: "Convolution, ReLU, max pooling, twice, then flatten and softmax. Press Run.",
  },
  {
    id: "twice-the-filters",
    title: "More filters in a layer",
    rows: [37],
    href: link({ network: layersOf("wide") }),
    text: "Any number of filters fits: the shapes and parameters of the layers behind follow.",
  },
  {
    id: "softmax",
    title: "The head: one dense layer and softmax",
    rows: [39],
    href: link({ network: layersOf("linear") }),
    text: "No hidden layer. The bars beside the image are the softmax of its ten outputs.",
  },
  {
    id: "vanishing-gradient",
    title: "A gradient that vanishes",
    rows: [41],
    href: link({ network: readLayers(SIGMOIDS)! }),
    text: "Five sigmoids in a row: each layer's gradient is a fraction of the next one's. Press Run.",
  },
  {
    id: "too-fast",
    title: "Too large a learning rate",
    rows: [42],
    href: link({ lr: 1 }),
    text: "A step beyond the valley: the loss rises, and the training ends at random guessing or worse.",
  },
];
