import type { Tensor } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import type { Module } from "@convgrad/layers";
import type { Optimizer } from "@convgrad/optim";
import type { EpochRecord, RunHistory } from "../history.ts";

/** Why a run ended: it was done (`"epochs"`, `"steps"`), `earlyStopping`, a callback, the signal given, or Ctrl-C. */
export type StopReason = "epochs" | "steps" | "early" | "callback" | "signal" | "interrupt";

/** What a step of the optimiser was. */
export interface FitStep {
  /** Optimiser steps of the run, this one included: from 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** The mean over the samples of the step. */
  readonly loss: number;
  /** From 0 to 1; NaN where the targets are no classes. */
  readonly accuracy: number;
  /** How many samples it was computed from. */
  readonly samples: number;
  /** The learning rate that it was made with. */
  readonly lr: number;
}

/** A run of {@link fit} while it is under way, as callbacks see it. */
export interface FitRun {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Optimiser steps done. */
  readonly step: number;
  /** The epoch under way, from 1. */
  readonly epoch: number;
  /** How many steps and epochs there are to be; Infinity where nobody knows. */
  readonly steps: number;
  readonly epochs: number;
  /** What was recorded so far. */
  readonly history: RunHistory;
  /** Ends the run after the present step or epoch. */
  stop(): void;
  /** Adds a line to the history's warnings, and shows it. */
  warn(message: string): void;
}

/**
 * Something that watches a run. What it returns is awaited; what it throws ends the run. One with a state that a resumed
 * run needs has `name`, `stateDict` and `loadStateDict`.
 *
 * @example
 * const diary: FitCallback = { onEpoch: (_, { epoch, loss }) => console.log(epoch, loss) };
 */
export interface FitCallback {
  /** Its state's name in checkpoints. */
  readonly name?: string;
  /** Before the first step, and after a resumed run has its state back. */
  onStart?(run: FitRun): void | Promise<void>;
  /** Before the forward pass of the first batch of a step. */
  onForward?(run: FitRun): void | Promise<void>;
  /** After the backward passes of a step and before clipping: the gradients are there. */
  onGradients?(run: FitRun): void | Promise<void>;
  /** After each step of the optimiser. */
  onStep?(run: FitRun, step: FitStep): void | Promise<void>;
  /** After each epoch, validation included. */
  onEpoch?(run: FitRun, record: EpochRecord): void | Promise<void>;
  /** When the run has ended, by an error too. */
  onEnd?(run: FitRun): void | Promise<void>;
  stateDict?(): StateTree;
  loadStateDict?(state: StateTree): void;
}

/** What a gradient watch needs of a parameter. */
export type NamedParameter = readonly [name: string, parameter: Tensor];
