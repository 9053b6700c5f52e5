import { MemoryError } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heap, roomOf, sizeClassOf } from "./heap.ts";

const LARGEST = 2 ** 32;
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: LARGEST }),
  fc
    .tuple(fc.integer({ min: 6, max: 32 }), fc.integer({ min: -2, max: 2 }))
    .map(([power, more]) => Math.min(2 ** power + more, LARGEST)),
);

describe("size classes", () => {
  it("hold what is asked for in whole lines of 64 bytes, and waste little", () => {
    fc.assert(
      fc.property(sizes, (bytes) => {
        const sizeClass = sizeClassOf(bytes);
        const room = roomOf(sizeClass);
        expect(room).toBeGreaterThanOrEqual(bytes);
        expect(room % 64).toBe(0);
        if (bytes > 256) expect(room).toBeLessThanOrEqual(bytes * 1.25 + 64);
        if (sizeClass > 0) expect(roomOf(sizeClass - 1)).toBeLessThanOrEqual(room);
        expect(roomOf(sizeClassOf(room))).toBe(room);
      }),
      { numRuns: 2000 },
    );
  });

  it("are four to a power of two", () => {
    const rooms = [257, 321, 385, 449, 513].map((bytes) => roomOf(sizeClassOf(bytes)));
    expect(rooms).toEqual([320, 384, 448, 512, 640]);
    expect(roomOf(sizeClassOf(LARGEST))).toBe(LARGEST);
    expect(roomOf(sizeClassOf(0))).toBe(64);
  });
});

/** Fills the memory with blocks that nobody touches, so that the host gives no page for them. */
function fill(heap: Heap, least: number): { address: number; sizeClass: number }[] {
  const taken: { address: number; sizeClass: number }[] = [];
  for (let bytes = 2 ** 30; bytes >= least; bytes /= 2) {
    const sizeClass = sizeClassOf(bytes);
    try {
      for (;;) taken.push({ address: heap.take(sizeClass), sizeClass });
    } catch (error) {
      expect(error).toBeInstanceOf(MemoryError);
    }
  }
  return taken;
}

describe("the heap", () => {
  it("hands out the block that was given back last", () => {
    const heap = new Heap(true);
    const [a, b, c] = [heap.take(9), heap.take(9), heap.take(9)];
    heap.give(a, 9);
    heap.give(c, 9);
    expect([heap.take(9), heap.take(9)]).toEqual([c, a]);
    expect(heap.take(9)).toBeGreaterThan(b);
  });

  it("grows when it must, and its arrays with it", () => {
    const heap = new Heap(true);
    const { reserved } = heap;
    const former = heap.cells;
    const address = heap.take(sizeClassOf(2 * reserved));
    expect(heap.reserved).toBeGreaterThan(2 * reserved);
    expect(heap.cells === former).toBe(false); // toBe would print both
    heap.cells.u8[address + 2 * reserved - 1] = 7;
    expect(heap.cells.u8.length).toBe(heap.reserved);
    former.u8[0] = 9;
    expect(heap.cells.u8[0]).toBe(9);
  });

  it.each([true, false])("never hands out the same bytes twice (shared: %s)", (shared) => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 70_000 }), release: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const heap = new Heap(shared);
        const live: { address: number; sizeClass: number }[] = [];
        for (const { bytes, release } of steps) {
          const sizeClass = sizeClassOf(bytes);
          const block = { address: heap.take(sizeClass), sizeClass };
          expect(block.address % 64).toBe(0);
          expect(block.address + roomOf(sizeClass)).toBeLessThanOrEqual(heap.reserved);
          live.push(block);
          if (release % 3 > 0) {
            const [gone] = live.splice(release % live.length, 1);
            heap.give(gone!.address, gone!.sizeClass);
          }
        }
        expectDisjoint(live);
      }),
      { numRuns: 40 },
    );
  });

  it("splits freed blocks when nothing else is left, and still overlaps nothing", () => {
    const heap = new Heap(true);
    const taken = fill(heap, 64);
    expectDisjoint(taken);
    expect(() => heap.take(0)).toThrow(MemoryError);
    expect(heap.reserved).toBe(LARGEST);

    const gone = taken.splice(3, 1)[0]!;
    heap.give(gone.address, gone.sizeClass);
    const [small, odd] = [sizeClassOf(1000), sizeClassOf(3 * 2 ** 20)];
    for (const sizeClass of [small, odd, odd, small]) {
      taken.push({ address: heap.take(sizeClass), sizeClass });
    }
    taken.push(...fill(heap, 64));
    expectDisjoint(taken);
    const used = taken.reduce((sum, { sizeClass }) => sum + roomOf(sizeClass), 0);
    expect(LARGEST - used).toBeLessThan(2 ** 20);
  });

  it("says how much there is when there is no more", () => {
    const heap = new Heap(true);
    fill(heap, 2 ** 20);
    expect(() => heap.take(sizeClassOf(2 ** 20))).toThrow(
      /no memory for 1,048,576 bytes more \([\d,]+ of at most 4,294,967,296 reserved, [\d,]+ of them free, but in pieces\); use a smaller batch/,
    );
    heap.take(0);
  });
});

function expectDisjoint(blocks: readonly { address: number; sizeClass: number }[]): void {
  const sorted = blocks.toSorted((p, q) => p.address - q.address);
  const touching = sorted.findIndex(({ address, sizeClass }, i) => {
    const next = sorted[i + 1];
    return next !== undefined && address + roomOf(sizeClass) > next.address;
  });
  expect(touching).toBe(-1);
}
