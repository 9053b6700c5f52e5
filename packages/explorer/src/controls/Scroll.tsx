import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A box that scrolls when what is in it is too large, also by the arrow keys. */
export function Scroll(props: {
  /** What it holds. */
  readonly name: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`scroll ${props.class ?? ""}`} ref={useScrollStop<HTMLDivElement>(props.name)}>
      {props.children}
    </div>
  );
}

/** Makes a box a stop of the tab key, with a name, while something of it is out of sight, and only then. */
export function useScrollStop<T extends HTMLElement>(name: string): RefObject<T | null> {
  const box = useRef<T>(null);
  const follow = useRef(() => {});
  follow.current = () => {
    const element = box.current;
    if (!element) return;
    const { overflowX, overflowY } = getComputedStyle(element);
    const scrolls =
      (/auto|scroll/.test(overflowX) && element.scrollWidth > element.clientWidth) ||
      (/auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight);
    const given = { tabindex: "0", role: "group", "aria-label": name };
    for (const [attribute, value] of Object.entries(given)) {
      if (scrolls) element.setAttribute(attribute, value);
      else element.removeAttribute(attribute);
    }
  };
  useEffect(() => follow.current());
  useEffect(() => {
    const now = () => follow.current();
    const resized = new ResizeObserver(now);
    resized.observe(box.current!);
    document.fonts.addEventListener("loadingdone", now);
    return () => {
      resized.disconnect();
      document.fonts.removeEventListener("loadingdone", now);
    };
  }, []);
  return box;
}
