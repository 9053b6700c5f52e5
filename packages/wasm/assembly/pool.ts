// Regions of parallel work. A region is one kernel run on parts 0 … n − 1. The claim word holds sequence number, number
// of parts and next part at once, so that a thread that adds 1 to it learns in the same instruction which part of which
// region it took; the arguments of that region stay as they are until the part is done. A thread that dies between two
// parts is therefore not missed by anybody.

import {
  ARGUMENTS,
  CLAIM,
  DONE,
  FAILED,
  KERNEL,
  MOST_PARTS,
  READY,
  SCRATCH,
  SCRATCH_STRIDE,
  SEQUENCE,
  SLEEPING,
  SPIN,
  WORKERS,
} from "./abi";
import { dispatch } from "./dispatch";

// @ts-ignore: decorator
@inline
function scratchOf(thread: i32): usize {
  return <usize>(load<u32>(SCRATCH) + <u32>thread * load<u32>(SCRATCH_STRIDE));
}

/** Runs all parts on this thread. */
export function runAlone(kernel: i32, parts: i32): void {
  const scratch = scratchOf(0);
  for (let part = 0; part < parts; part++) dispatch(kernel, ARGUMENTS, part, scratch);
}

/** Takes parts until none is left. */
function takeParts(thread: i32): void {
  while (hasPart(atomic.load<u64>(CLAIM))) {
    const claim = atomic.add<u64>(CLAIM, 1);
    if (!hasPart(claim)) return;
    // Only from here on do arguments and scratch memory stay as they are.
    dispatch(load<i32>(KERNEL), ARGUMENTS, <i32>(claim & MOST_PARTS), scratchOf(thread));
    atomic.add<i32>(DONE, 1);
  }
}

// @ts-ignore: decorator
@inline
function hasPart(claim: u64): bool {
  return (claim & MOST_PARTS) < ((claim >> 20) & MOST_PARTS);
}

/** Opens a region to the workers and takes part in it; whether the others' parts are done is for `spinUntilDone` to tell. */
export function runShared(kernel: i32, parts: i32): void {
  store<i32>(KERNEL, kernel);
  atomic.store<i32>(DONE, 0);
  const sequence = atomic.load<i32>(SEQUENCE) + 1;
  atomic.store<u64>(CLAIM, (<u64>(sequence & 0xffffff) << 40) | (<u64>parts << 20));
  atomic.store<i32>(SEQUENCE, sequence);
  if (atomic.load<i32>(SLEEPING) > 0) atomic.notify(SEQUENCE, parts - 1);
  takeParts(0);
}

/** Waits, spinning, until all parts are done or the patience ends; returns the number of parts done. */
export function spinUntilDone(parts: i32, patience: i32): i32 {
  let done = atomic.load<i32>(DONE);
  for (let i = 0; done < parts && i < patience; i++) done = atomic.load<i32>(DONE);
  return done;
}

/** The life of a worker: `thread` counts from 1. It returns when the pool has become smaller than that. */
export function work(thread: i32): void {
  let seen = atomic.load<i32>(SEQUENCE);
  atomic.add<i32>(READY, 1);
  while (thread <= atomic.load<i32>(WORKERS)) {
    takeParts(thread);
    const patience = load<i32>(SPIN);
    let now = atomic.load<i32>(SEQUENCE);
    for (let i = 0; now == seen && i < patience; i++) now = atomic.load<i32>(SEQUENCE);
    if (now == seen) {
      atomic.add<i32>(SLEEPING, 1);
      atomic.wait<i32>(SEQUENCE, seen, -1);
      atomic.sub<i32>(SLEEPING, 1);
      now = atomic.load<i32>(SEQUENCE);
    }
    seen = now;
  }
  atomic.sub<i32>(READY, 1);
}
