/** The theme's colours by their variables, as a canvas takes them. @param probe an element whose `color` is its own */
export function themeColours(probe: HTMLElement): (variable: string) => string {
  const found = new Map<string, string>();
  return (variable) => {
    const known = found.get(variable);
    if (known) return known;
    probe.style.color = `var(${variable})`;
    const colour = getComputedStyle(probe).color;
    probe.style.color = "";
    found.set(variable, colour);
    return colour;
  };
}
