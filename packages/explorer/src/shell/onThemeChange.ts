/** Calls `redraw` whenever the page's colours are others, for what is painted with them; the result ends that. */
export function onThemeChange(redraw: () => void): () => void {
  const themed = new MutationObserver(redraw);
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  return () => {
    themed.disconnect();
    dark.removeEventListener("change", redraw);
  };
}
