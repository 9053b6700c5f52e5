import type { ComponentType, JSX } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { useAddress } from "../address/useAddress.ts";
import { Notice } from "../controls/Notice.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";
import { type View, views } from "./views.ts";

/** The page: its menu, and the view that its address names. */
export function App(): JSX.Element {
  const { view: id } = useAddress();
  const view = views.find((v) => v.id === id) ?? views[0]!;
  const unknown = id !== "" && view.id !== id;
  useEffect(() => {
    document.title = `${view.title} · convgrad explorer`;
  }, [view]);
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
          {views.map((v) => (
            <a key={v.id} href={`#/${v.id}`} aria-current={v === view ? "page" : undefined}>
              {v.title}
            </a>
          ))}
        </nav>
        <ThemeSwitch />
      </header>
      <main id="main" tabIndex={-1}>
        {unknown && (
          <Notice kind="bad">There is no view "{id}" here; this is the one to begin with.</Notice>
        )}
        <h1>{view.title}</h1>
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

/** A view, as soon as its code is here; what fails in it is said in its place. */
function Opened({ view }: { readonly view: View }): JSX.Element {
  const [Component, setComponent] = useState<ComponentType | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [error, again] = useErrorBoundary();
  const address = useAddress();
  const before = useRef(address);
  useEffect(() => {
    view.load().then((component) => setComponent(() => component), setFailed);
  }, [view]);
  // What fails in one state of a view may work in the next.
  useEffect(() => {
    if (error && before.current !== address) again();
    before.current = address;
  }, [address, error, again]);
  const fault = error ?? failed;
  if (fault) {
    return (
      <Notice kind="bad">
        This view could not be shown: {fault instanceof Error ? fault.message : String(fault)}{" "}
        <a href={`#/${view.id}`}>Begin anew</a>, or reload the page.
      </Notice>
    );
  }
  return Component ? <Component /> : <p role="status">Loading …</p>;
}
