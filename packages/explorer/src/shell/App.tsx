import type { ComponentType, JSX } from "preact";
import { useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAddress } from "../address/useAddress.ts";
import { Notice } from "../controls/Notice.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";
import { type View, views } from "./views.ts";

/** The page: its menu, and the view that its address names. */
export function App(): JSX.Element {
  const address = useAddress();
  const { view: id } = address;
  const view = views.find((v) => v.id === id) ?? views[0]!;
  const unknown = id !== "" && view.id !== id;
  const left = useRef(new Map<View, string>());
  if (view.id === id) left.current.set(view, location.hash);
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(view);
  useEffect(() => {
    document.title = `${view.title} · convgrad explorer`;
    // Screen readers read on there; the links of the menu stay where they are.
    const inMenu = document.activeElement?.closest("nav") != null;
    if (before.current !== view && !inMenu) heading.current?.focus({ preventScroll: true });
    before.current = view;
  }, [view]);
  useLayoutEffect(() => {
    // A link leads to a new entry, which begins at the top; to those known the browser goes back where they were.
    if (history.state?.seen) return;
    try {
      history.replaceState({ seen: true }, "");
    } catch {
      return; // Safari, after too many of a view: it is the same page
    }
    scrollTo({ top: 0, behavior: "instant" });
  }, [address]);
  return (
    <>
      <button
        type="button"
        class="skip"
        onClick={() => document.getElementById("main")?.focus()} // "#main" would name a view
      >
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/" aria-label="convgrad explorer, front page">
          <img src="./icon.svg" alt="" width="28" height="28" /> convgrad <span>explorer</span>
        </a>
        <nav aria-label="Views">
          {views.map((v) => {
            // The other views as they were left, this one anew.
            const href = (v !== view && left.current.get(v)) || `#/${v.id}`;
            return (
              <a key={v.id} href={href} aria-current={v === view ? "page" : undefined}>
                {v.title}
              </a>
            );
          })}
        </nav>
        <ThemeSwitch />
      </header>
      <main id="main" tabIndex={-1}>
        {unknown && (
          <Notice kind="bad">There is no view "{id}" here; this is the one to begin with.</Notice>
        )}
        <h1 ref={heading} tabIndex={-1}>
          {view.title}
        </h1>
        <p class="about">{view.about}</p>
        <Opened key={view.id} view={view} />
      </main>
      <footer>
        Every number on this page comes from convgrad itself, computed in your browser; nothing you
        enter leaves it.
      </footer>
    </>
  );
}

/** Views whose code is here: they show at once, so that "back" finds the page as tall as it was. */
const LOADED = new Map<View, ComponentType>();

/** A view, as soon as its code is here; what fails in it is said in its place. */
function Opened({ view }: { readonly view: View }): JSX.Element {
  const [Component, setComponent] = useState(() => LOADED.get(view) ?? null);
  const [failed, setFailed] = useState<unknown>(null);
  const [error, again] = useErrorBoundary();
  const address = useAddress();
  const before = useRef(address);
  useEffect(() => {
    const show = (component: ComponentType) => {
      LOADED.set(view, component);
      setComponent(() => component);
    };
    // What the code of a view does when it comes, and what it shows, are two tasks.
    view.load().then((component) => setTimeout(show, 0, component), setFailed);
  }, [view]);
  // What fails in one state of a view may work in the next.
  useEffect(() => {
    if (error && before.current !== address) again();
    before.current = address;
  }, [address, error, again]);
  if (failed && !isUnfetched(failed)) return <Unshown view={view} error={failed} />;
  if (failed) {
    return (
      <Notice kind="bad">
        This view could not be fetched: there is no network, or a newer explorer has replaced this
        one.{" "}
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </Notice>
    );
  }
  if (error) return <Unshown view={view} error={error} />;
  return Component ? <Component /> : <p role="status">Loading …</p>;
}

/** Whether a view's program or style did not come, as browsers and Vite say it; what came may still be at fault. */
function isUnfetched(failed: unknown): boolean {
  return failed instanceof TypeError || /preload CSS/.test(String(failed));
}

function Unshown(props: { readonly view: View; readonly error: unknown }): JSX.Element {
  const { view, error } = props;
  return (
    <Notice kind="bad">
      This view could not be shown: {error instanceof Error ? error.message : String(error)}{" "}
      <a href={`#/${view.id}`}>Begin anew</a>, or reload the page.
    </Notice>
  );
}
