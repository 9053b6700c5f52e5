import type { Plugin } from "vite";

/** Leaves out the older formats of KaTeX's fonts, which no browser that runs the app asks for. */
export function woff2Only(): Plugin {
  return {
    name: "convgrad:woff2-only",
    enforce: "pre",
    transform(code, id) {
      if (!/katex[^/]*\.css(?:\?|$)/.test(id)) return null;
      return { code: code.replaceAll(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, "") };
    },
  };
}
