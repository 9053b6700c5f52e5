import type { ComponentType } from "preact";

/** A page of the explorer; its code is fetched when it is first opened. */
export interface View {
  /** In the address: `#/convolution`. */
  readonly id: string;
  readonly title: string;
  /** One line below the title. */
  readonly about: string;
  readonly load: () => Promise<ComponentType>;
}

/** The views in the order of the menu; the first is the front page. */
export const views: readonly View[] = [
  {
    id: "convolution",
    title: "Convolution",
    about:
      "Backpropagation through a convolution, cell by cell, with stride, padding, dilation and groups.",
    load: async () => (await import("../convolution/ConvolutionView.tsx")).ConvolutionView,
  },
  {
    id: "pooling",
    title: "Pooling",
    about: "Max, average and L2 pooling: where the gradient goes, and why nothing is learned here.",
    load: async () => (await import("../pooling/PoolingView.tsx")).PoolingView,
  },
  {
    id: "flips",
    title: "Flips",
    about: "Cross-correlation or convolution, and who has to be turned by 180° on the way back.",
    load: async () => (await import("../flips/FlipsView.tsx")).FlipsView,
  },
  {
    id: "bugs",
    title: "Bug lab",
    about: "A forward pass with a well-known mistake, learning beside the right one.",
    load: async () => (await import("../bugLab/BugLabView.tsx")).BugLabView,
  },
  {
    id: "train",
    title: "Train",
    about: "Build a network and train it here, in this page, on real digits.",
    load: async () => (await import("../trainer/TrainerView.tsx")).TrainerView,
  },
  {
    id: "graph",
    title: "Graph",
    about: "What the library recorded for a loss, and the backward pass through it, node by node.",
    load: async () => (await import("../graph/GraphView.tsx")).GraphView,
  },
  {
    id: "lessons",
    title: "Lessons",
    about: "Every question of the two texts that began this project, and where to see its answer.",
    load: async () => (await import("../lessons/LessonsView.tsx")).LessonsView,
  },
];
