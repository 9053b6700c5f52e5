/** `"12,345"` */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** `"12.4 M"`: numbers of a million and more, where their last digits do not matter. */
export function rounded(n: number): string {
  const unit = [
    { size: 1e9, name: " G" },
    { size: 1e6, name: " M" },
  ].find(({ size }) => n >= size);
  return unit ? `${Number((n / unit.size).toPrecision(3))}${unit.name}` : count(n);
}

/** A share from 0 to 1 as `"98.61 %"`. */
export function percent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : "–";
}

/** Four digits, or a power of ten: `"0.0432"`, `"1.2e-7"`. */
export function figure(x: number | null): string {
  if (x === null || !Number.isFinite(x)) return x === null ? "–" : String(x);
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(x.toPrecision(4)));
  return x.toExponential(2);
}

/** `"38.2 s"`, `"4 min 12 s"`, `"2 h 5 min"` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `"1 step"`, `"2 steps"` */
export function many(n: number, thing: string): string {
  return `${count(n)} ${thing}${n === 1 ? "" : "s"}`;
}
