/** Both ends of a logarithmic axis that holds numbers from least to most: whole powers of ten. */
export function decadesAround(least: number, most: number): [number, number] {
  const low = Math.max(Math.floor(Math.log10(least)), -307); // so that no end is 0 or infinite
  const high = Math.min(Math.ceil(Math.log10(most)), 308);
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}

/** Where a logarithmic axis has its lines: powers of ten, at most ten of them; 2 and 5 between those of short ones. */
export function decadeTicks(least: number, most: number): number[] {
  const [low, high] = [Math.round(Math.log10(least)), Math.round(Math.log10(most))];
  const step = Math.ceil((high - low) / 9);
  const powers = Array.from(
    { length: Math.floor((high - low) / step) + 1 },
    (_, i) => low + i * step,
  );
  const ticks = powers.map((power) => 10 ** power);
  if (high - low > 2) return ticks;
  return ticks.flatMap((tick) => [tick, 2 * tick, 5 * tick]).filter((tick) => tick <= most);
}
