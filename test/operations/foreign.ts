import { type Kernels, reference } from "@convgrad/core";

/** A backend with handles of its own for memory, float32 and integers only, that counts the blocks it holds. */
export function foreign(): { kernels: Kernels; live: () => number } {
  const cells = new Map<object, object>();
  const toCells = (argument: unknown) =>
    argument instanceof Object && "buffer" in argument && cells.has(argument.buffer as object)
      ? { ...argument, buffer: cells.get(argument.buffer as object) }
      : argument;
  const translated = Object.entries(reference).map(([name, value]) => [
    name,
    typeof value === "function" ? (...args: unknown[]) => value(...args.map(toCells)) : value,
  ]);
  const kernels: Kernels = {
    ...Object.fromEntries(translated),
    name: "foreign",
    dtypes: ["float32", "int32", "uint8"],
    threads: 2,
    allocate: (dtype, length) => {
      const handle = {};
      cells.set(handle, reference.allocate(dtype, length));
      return handle;
    },
    release: (buffer) => {
      cells.delete(buffer);
    },
    owns: (buffer) => cells.has(buffer),
    write: (buffer, values) => reference.write(cells.get(buffer)!, values),
  };
  return { kernels, live: () => cells.size };
}
