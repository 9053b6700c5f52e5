// Says so where the browser is too old for the page's own program, which may not even be readable there.
{
  const needed = [
    typeof Array.prototype.with, // JavaScript of 2023
    typeof DecompressionStream,
    typeof OffscreenCanvas,
  ];
  const colours = window.CSS && CSS.supports("color", "color-mix(in oklab, red, blue)");
  if (!colours || needed.includes("undefined")) {
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent =
      "This browser is too old for the explorer. It needs Chrome or Edge 111, Firefox 114, Safari 16.4, or newer.";
    document.body.prepend(said);
  }
}
