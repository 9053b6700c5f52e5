/** One equation, claim or question of the two texts, answered. */
export interface Lesson {
  /** Its row in `test/lessons/README.md`, 1 to 43. */
  readonly row: number;
  /** As there. */
  readonly title: string;
  readonly question: string;
  readonly answer: string;
  /** The test of its number, in `test/lessons`. */
  readonly test: string;
}

const [QUESTION, GRADIENTS, LAYER, NETWORK, POOLING, SIGHT, LOOPS] = [
  ...["question", "gradients", "layer", "network", "pooling", "sight", "loops"],
] as const;

type Row = readonly [title: string, question: string, answer: string, test: string | undefined];

/** In the order of their rows. */
const ROWS: readonly Row[] = [
  [
    "strided, padded cross-correlation",
    "How do stride and padding enter the forward pass?",
    "y[u, v] = b + Σ w[i, j] · x[u·s + i − p, v·s + j − p]. Each axis has its own stride and padding; cells outside are zeros.",
    QUESTION,
  ],
  [
    "the output size, with its arithmetic in the error",
    "How large is the output, and what if the kernel does not fit?",
    "⌊(I + 2p − F) / s⌋ + 1, for each axis. Where that is no size, the error shows the arithmetic instead of an empty map.",
    QUESTION,
  ],
  [
    "the mistake f[y][x] for f[j][i]",
    "Why is the question's forward pass wrong?",
    "It indexes the filter by the output's place instead of the tap's. gradcheck names the first element that differs.",
    QUESTION,
  ],
  [
    '"starts descending, then goes up and never stops"',
    "Why does the loss fall first and explode later?",
    "The gradients belong to another function than the one that runs. At first they point roughly down, then they do not.",
    QUESTION,
  ],
  [
    "the accepted answer holds at stride 1 only",
    "Does the accepted answer repair it?",
    "At stride 1. The stride still multiplies the tap instead of the output's place, so at stride 2 gradcheck stays red.",
    QUESTION,
  ],
  [
    "no raw JavaScript error, no silent NaN",
    "Why did the code give NaN and “Cannot read properties of undefined”?",
    "With padding the mistake reads past the filter. Here shapes are checked first, and detectAnomaly names the first bad operation.",
    QUESTION,
  ],
  [
    "padding by bounds; a NaN in the image propagates",
    "Is `if (a[r] && a[r][c])` a good test for padding?",
    "No: it takes a NaN, and a zero, for the outside. Padding is a matter of indices; a NaN in the image must come through.",
    QUESTION,
  ],
  [
    "½ Σ (y − t)² has the gradient y − t",
    "Which squared error has the gradient “actual − expected”?",
    'The half sum. The mean gives 2(y − t)/n. mse(…, { reduction: "halfSum" }) says which one is meant.',
    QUESTION,
  ],
  [
    "the filter gradient with stride and padding",
    "What is ∂E/∂w with a stride?",
    "The cross-correlation of the padded input with δ, whose entries are pulled apart by s − 1 zeros.",
    GRADIENTS,
  ],
  [
    "the input gradient, which the question lacks",
    "What is ∂E/∂x?",
    "The full cross-correlation of the pulled-apart δ with the filter turned by 180°, cropped by p. Pixels that no window sees get 0.",
    GRADIENTS,
  ],
  [
    "cross-correlation and convolution",
    "Which of the two is a “convolution” layer?",
    "Usually cross-correlation, here too. A true convolution turns the filter first; with { flip: true } it is one option away.",
    LAYER,
  ],
  [
    "flipping is not necessary: twin nets",
    "Does a network learn worse without the flip?",
    "No: from mirrored starts, both twins have the same loss to the last bit, and mirrored weights, for all of training.",
    LAYER,
  ],
  [
    "channels, filters, a bias per filter",
    "How do several channels and filters work?",
    "Each filter has one kernel for each channel and one bias; the sums over the channels are added into one map.",
    LAYER,
  ],
  [
    "pre-activation and output are two nodes",
    "What is the difference between x and o = f(x)?",
    "The layer's sum and its activation are separate operations, each with a gradient of its own.",
    LAYER,
  ],
  [
    "b, not b with indices i, j",
    "Has every output its own bias?",
    "No, each filter has one number. A bias of another shape is refused, with the reason.",
    LAYER,
  ],
  [
    "weight sharing in numbers",
    "How much does sharing weights save?",
    "1 → 8 filters of 5 × 5 have 208 parameters; a dense layer between the same shapes would have millions.",
    LAYER,
  ],
  [
    "sparse connectivity, the receptive field",
    "How much of the image does one output see?",
    "Its receptive field: it grows with each layer, and faster after a stride.",
    SIGHT,
  ],
  [
    "convolution is equivariant, pooling roughly invariant",
    "Is a convolution invariant to translation?",
    "No: when the image moves, the map moves along (equivariance). Pooling makes small moves matter less.",
    SIGHT,
  ],
  [
    "a weight's gradient is a sum over the outputs",
    "How does one come from equation 10 to 12?",
    "A weight takes part in every output, so its gradient is the sum of δ times the pixel under it, over all outputs.",
    GRADIENTS,
  ],
  [
    "rot180{δ} ∗ o is right with true convolution",
    "Is δ really rotated in equation 14?",
    "On paper, yes: ∗ is a true convolution there and turns it back. Equations 13 and 14 are the same numbers.",
    GRADIENTS,
  ],
  [
    "which flip where",
    "What has to be flipped for ∂w, what for ∂x, with and without a flip?",
    "Four cases. Without a flip: nothing for ∂w, the filter for ∂x.",
    GRADIENTS,
  ],
  [
    "gradient and step are two things",
    "Are equations 13 and 14 the new weights?",
    "No, they are the gradient. The step is apart: w − lr · gradient.",
    NETWORK,
  ],
  [
    "the bias takes the sum of δ",
    "And the gradient of the bias?",
    "The sum of δ over all outputs of its filter, and over the batch.",
    GRADIENTS,
  ],
  [
    "the region Q that a pixel affects",
    "Which outputs does a pixel affect?",
    "Those whose window covers it: the dashed region Q of the article's figure.",
    GRADIENTS,
  ],
  [
    "w · δ · f′ is a product of two maps",
    "Where does f′(x) come in?",
    "The convolution passes Σ w · δ; the activation before it multiplies that by f′(x), cell by cell.",
    GRADIENTS,
  ],
  [
    "equations 21 and 22 as printed are wrong",
    "Do equations 21 and 22 hold?",
    "Not as printed: ∗ changes its meaning on the way. Read as a full cross-correlation with the turned filter, 22 equals 20.",
    GRADIENTS,
  ],
  [
    "δ is a convolution of the δ after it",
    "How does δ come through several layers?",
    "Each layer's δ is made from the δ of the layer after it, by the same rule every time.",
    GRADIENTS,
  ],
  [
    "3×32×32, 6 filters, δ 6×28×28: different depths",
    "The input has depth 3, δ has depth 6: how do they fit?",
    "Every pair of a channel and a filter is a two-dimensional problem; sums over the filters or the batch follow.",
    LAYER,
  ],
  [
    "a stride above 1 pulls δ apart",
    "What changes with a stride above 1?",
    "δ gets s − 1 zeros between its entries. After that, all is as with stride 1.",
    GRADIENTS,
  ],
  [
    "padding by name and by number",
    "Where does the output size w − k + 1 come from?",
    "From “valid”, no padding. “same” pads so that the size stays; numbers, also one per side, are possible too.",
    LAYER,
  ],
  [
    "the winning unit takes the gradient",
    "What does max pooling do with δ?",
    "It hands each δ to the pixel that won its window. The first maximum wins a tie; overlapping windows add up.",
    POOLING,
  ],
  [
    "average pooling shares evenly",
    "And average pooling?",
    "Each pixel of a window gets the same share, δ / (N · N).",
    POOLING,
  ],
  [
    "L2-norm pooling shares in proportion",
    "And L2-norm pooling?",
    "Each pixel gets δ · x / y, its share of the norm; 0 where the norm is 0.",
    POOLING,
  ],
  [
    "pooling learns nothing",
    "What is learned in a pooling layer?",
    "Nothing: it has no parameters. It only routes the gradient.",
    POOLING,
  ],
  [
    "pooling routes, ReLU multiplies",
    "Is δ multiplied by the activation on its way through max pooling?",
    "No. Pooling routes, the ReLU multiplies by 0 or 1; in which order they come does not matter.",
    POOLING,
  ],
  [
    "conv – relu – max – conv – relu – max – flatten – softmax",
    "How does the gradient pass the second convolution of a whole net?",
    "As it passes the first: each layer takes the δ from above and hands one down.",
    NETWORK,
  ],
  [
    "shapes are free",
    "What if layer 2 had 8 units and not 4?",
    "Nothing changes but the shapes.",
    NETWORK,
  ],
  [
    "what i and j are",
    "What are i and j, and what is ∗?",
    "u, v run over the outputs, i, j over the taps of the filter. Point at a symbol and its loop lights up.",
    LOOPS,
  ],
  [
    "softmax and its loss, stable",
    "What comes after the last convolution?",
    "Flatten, dense layers and the softmax loss, whose gradient is (softmax − onehot) / N. Large logits stay finite.",
    NETWORK,
  ],
  [
    "ReLU, f′(0) = 0",
    "What is the derivative of max(0, x) at 0?",
    "By convention 0, as in PyTorch. A NaN stays a NaN.",
    NETWORK,
  ],
  [
    "vanishing and exploding gradients",
    "Why do gradients vanish or explode in deep nets?",
    "Each layer multiplies them. Good initial weights keep the product near 1, clipping bounds it.",
    NETWORK,
  ],
  [
    "descent on E",
    "What does gradient descent do with all this?",
    "It takes small steps against the gradient; momentum and weight decay shape them.",
    NETWORK,
  ],
  [
    "a layer as plain loops, run as an oracle",
    "Can I see a layer as plain loops, like the question's code?",
    "toLoops() prints them for any layer; the printed code runs, and gives the kernel's result.",
    LOOPS,
  ],
];

/** All lessons, first row 1. */
export const lessons: readonly Lesson[] = ROWS.map(([title, question, answer, test], i) => ({
  row: i + 1,
  title,
  question,
  answer,
  test: `${test}.test.ts`,
}));
