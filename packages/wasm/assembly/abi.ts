// What the kernels and the TypeScript around them agree on: the map of the first page, and
// which kernel numbers belong to which family (each family's numbers stand in a file of its own).
// Both sides import this file, so it is plain enough for AssemblyScript and TypeScript alike.

// Byte addresses in the first page of the memory. Words that different threads write lie on lines of their own.

/** i64: the running region, as sequence number (24 bits), number of parts (20 bits), next part to do (20 bits). */
export const CLAIM = 64;
/** i32: parts that are done. */
export const DONE = 128;
/** i32: 1 when a part trapped; the region's result is worthless then. */
export const FAILED = 132;
/** i32: changes with every region, and idle workers sleep on it. */
export const SEQUENCE = 192;
/** i32: how many workers sleep. */
export const SLEEPING = 256;
/** i32: workers of numbers above this have to leave. */
export const WORKERS = 320;
/** i32: workers that are ready to work. */
export const READY = 384;
/** i32: the kernel of the region. */
export const KERNEL = 448;
/** i32: the first thread's scratch, and the bytes from one thread's to the next's. */
export const SCRATCH = 452;
export const SCRATCH_STRIDE = 456;
/** i32: iterations that an idle worker spins before it sleeps. */
export const SPIN = 460;
/** The arguments of the kernel: 32-bit words. */
export const ARGUMENTS = 512;
export const ARGUMENT_WORDS = 384;
/** Where the heap begins: the second page. */
export const HEAP = 65536;

/** Parts of a region, at most. */
export const MOST_PARTS = 1048575;

// Kernel numbers: each family counts from its own first.
export const ELEMENTWISE = 0;
export const CONTRACTION = 100;
export const WINOGRAD = 200;
export const RANDOM = 300;
export const WINNERS = 301;
export const ADAM = 302;
export const NORMALIZATION = 303;
