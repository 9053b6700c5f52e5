import type { JSX } from "preact";
import { useState } from "preact/hooks";

type Theme = "auto" | "light" | "dark";
const KEY = "convgrad.theme";
const NEXT: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const SIGN: Readonly<Record<Theme, string>> = { auto: "◐", light: "☀", dark: "☾" };

/** What was chosen before; pages without storage follow the system. */
function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}

function wear(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
wear(remembered());

/** Light, dark, or as the system has it. */
export function ThemeSwitch(): JSX.Element {
  const [theme, setTheme] = useState(remembered);
  const next = NEXT[theme];
  const choose = () => {
    wear(next);
    setTheme(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // It holds for this visit.
    }
  };
  return (
    <button
      type="button"
      class="theme"
      onClick={choose}
      aria-label={`Colours: ${theme}; change to ${next}`}
      title={`Colours: ${theme}`}
    >
      {SIGN[theme]}
    </button>
  );
}
