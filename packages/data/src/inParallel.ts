/** So many files are read and decoded at a time: enough to keep Node's four threads busy. */
const AT_ONCE = 8;

/**
 * Runs `work` for 0, 1, …, n − 1, a few at a time.
 *
 * @throws what fails first; nothing new is begun then, and what runs has ended.
 */
export async function inParallel(n: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const runner = async () => {
    while (next < n && errors.length === 0) {
      try {
        await work(next++);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(n, AT_ONCE) }, runner));
  if (errors.length > 0) throw errors[0];
}
