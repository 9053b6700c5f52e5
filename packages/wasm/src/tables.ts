import { ARGUMENTS } from "../assembly/abi.ts";
import { HEIGHT } from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import { type Block, roomOf } from "./heap.ts";

/** Bytes of tables that stay in memory, unless a single contraction needs more. */
const KEPT_BYTES = 4 * 2 ** 20;
/** Plans that are kept. */
const KEPT_PLANS = 512;

/** The offset tables of a plan: collected first, then laid into memory as one block. */
export class Tables {
  readonly #lists: Int32Array[] = [];
  #length = 0;
  #block: Block | null = null;

  /** Appends a table and returns its place for `at`. */
  add(offsets: ArrayLike<number>): number {
    const place = this.#length;
    const list = Int32Array.from(offsets);
    this.#lists.push(list);
    // Kernels look four entries ahead of none, so tables may lie back to back.
    this.#length += list.length;
    return place;
  }

  /** The byte address of a table. */
  at(place: number): number {
    return this.#block!.address + place * 4;
  }

  /** Bytes of memory that the tables take. */
  get bytes(): number {
    return this.#block === null ? 0 : roomOf(this.#block.sizeClass);
  }

  /** Lays the tables into memory. */
  settle(engine: Engine): void {
    this.#block = engine.allocate("int32", Math.max(this.#length, 1));
    let at = this.#block.address / 4;
    for (const list of this.#lists) {
      engine.cells.i32.set(list, at);
      at += list.length;
    }
    this.#lists.length = 0;
  }

  release(engine: Engine): void {
    if (this.#block) engine.release(this.#block);
    this.#block = null;
  }
}

interface Kept<Plan> {
  readonly plan: Plan;
  readonly tables: Tables;
}

/** The plans of an engine's contractions by their geometry; the ones not used for longest go first. */
export class Plans<Plan> {
  readonly #engine: Engine;
  readonly #kept = new Map<string, Kept<Plan>>();
  #newest: string | null = null;
  #bytes = 0;
  /** Rows of the tallest tile that is fast in this engine's module. */
  readonly tileHeight: number;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.run(HEIGHT, 1, 0);
    this.tileHeight = engine.cells.i32[ARGUMENTS / 4]!;
  }

  /** The plan of that key, made now if there is none. */
  get(key: string, make: (tables: Tables) => Plan): Plan {
    const found = this.#kept.get(key);
    if (found) {
      if (this.#newest !== key) {
        this.#kept.delete(key);
        this.#kept.set(key, found);
        this.#newest = key;
      }
      return found.plan;
    }
    const tables = new Tables();
    const plan = make(tables);
    tables.settle(this.#engine);
    this.#kept.set(key, { plan, tables });
    this.#newest = key;
    this.#bytes += tables.bytes;
    this.#evict(key);
    return plan;
  }

  #evict(newest: string): void {
    for (const [key, { tables }] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES && this.#kept.size <= KEPT_PLANS) return;
      if (key === newest) return;
      this.#bytes -= tables.bytes;
      tables.release(this.#engine);
      this.#kept.delete(key);
    }
  }
}
