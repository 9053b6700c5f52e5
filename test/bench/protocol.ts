import type { ConvSpec, ImageLayer, Workload } from "./workloads.ts";

/** How a child process is told to run; JSON in its first argument. */
export interface WorkerSettings {
  /** Default: the library's own. */
  readonly threads?: number;
  /** convgrad only: `"auto"` or a backend's name. */
  readonly backend: string;
  /** convgrad only: `false` asks for direct convolutions. */
  readonly winograd: boolean;
  /** JavaScript peers only: the folder that has them in its `node_modules`. */
  readonly peers: string;
  /** Run this once, say when it was done, and exit: the cold start. */
  readonly once?: Case;
}

/** Part of a convolution: y, or ∂w or ∂x for a given ∂y. */
export type Pass = "forward" | "dW" | "dX";

/** What is timed. */
export type Case =
  /** Forward, cross-entropy, backward, SGD with momentum, loss read. */
  | { readonly kind: "step"; readonly workload: Workload; readonly batch: number }
  /** Logits without gradients, the first of them read. */
  | { readonly kind: "forward"; readonly workload: Workload; readonly batch: number }
  | {
      readonly kind: "conv";
      readonly conv: ConvSpec;
      readonly size: number;
      readonly pass: Pass;
      readonly batch: number;
    }
  /** Part of an epoch: such steps on augmented images, made before or by a loader as they are needed. */
  | {
      readonly kind: "epoch";
      readonly workload: Workload;
      readonly batch: number;
      readonly from: "tensors" | "loader";
    }
  /** Forward and backward from a given ∂y. */
  | { readonly kind: "layer"; readonly layer: ImageLayer; readonly shape: readonly number[] }
  /** A step of Adam on the parameters of a workload, the gradients given. */
  | { readonly kind: "adam"; readonly workload: Workload }
  /** The product of two n × n matrices. */
  | { readonly kind: "gemm"; readonly n: number }
  /** One operation on so many elements. */
  | { readonly kind: "op"; readonly op: "add" | "relu"; readonly size: number };

/** What the orchestrator asks of a child: one JSON object a line. */
export type Request =
  | {
      readonly task: "measure";
      readonly case: Case;
      /** How long to warm up when the case is new to the child. */
      readonly warmMs: number;
      /** How long to repeat the case; it runs at least once. */
      readonly budgetMs: number;
    }
  /** The best that one core can do in 128-bit SIMD, if known. */
  | { readonly task: "peak" }
  | { readonly task: "memory" };

/** What a child says of itself once it is ready. */
export interface PeerInfo {
  readonly name: string;
  readonly version: string;
  readonly threads: number;
  /** What runs its kernels: a backend or a BLAS. */
  readonly engine: string;
}

/** A round of a case. */
export interface Measured {
  /** Milliseconds of one run: the median of the round. */
  readonly ms: number;
  readonly least: number;
  readonly runs: number;
  /** The first four losses (or logits) from the first weights on. */
  readonly losses: readonly number[];
}

/** A child's answer. */
export interface Reply {
  readonly measured?: Measured;
  /** GFLOP/s */
  readonly peak?: number;
  /** Peak resident set, MiB. */
  readonly rss?: number;
  readonly error?: string;
}

/** What a child says after a cold start. */
export interface Once {
  /** Milliseconds from the start of its process, where it can know. */
  readonly sinceStart?: number;
  readonly loss: number;
}
