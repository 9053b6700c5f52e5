import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import { type Field, readState, type StateOf, writeState } from "./fields.ts";

const MOVED = "convgrad:moved";

/** The page's address, which follows the links and the browser's history. */
export function useAddress(): Address {
  const [hash, setHash] = useState(location.hash);
  // At once: an effect would come after the next frame, and could miss what the user does before it.
  useLayoutEffect(() => {
    const follow = () => setHash(location.hash);
    for (const event of ["hashchange", "popstate", MOVED]) addEventListener(event, follow);
    return () => {
      for (const event of ["hashchange", "popstate", MOVED]) removeEventListener(event, follow);
    };
  }, []);
  return useMemo(() => parseAddress(hash), [hash]);
}

/**
 * The state of a view, kept in the page's address: whoever opens the address sees the same. A change replaces the entry
 * of the browser's history, so that "back" leaves the view.
 */
export function useAddressState<F extends Record<string, Field<unknown>>>(
  view: string,
  fields: F,
): readonly [StateOf<F>, (change: Partial<StateOf<F>>) => void] {
  const { query } = useAddress();
  const state = useMemo(() => readState(fields, query), [fields, query]);
  const change = (part: Partial<StateOf<F>>) => {
    const now = readState(fields, parseAddress(location.hash).query);
    const hash = formatAddress(view, writeState(fields, { ...now, ...part }));
    if (hash === location.hash) return;
    try {
      history.replaceState(history.state, "", hash);
    } catch {
      location.replace(hash); // Safari refuses when there were many within seconds
    }
    dispatchEvent(new Event(MOVED));
  };
  return [state, change];
}

/** The address of a view in a state, for a link. */
export function linkTo<F extends Record<string, Field<unknown>>>(
  view: string,
  fields: F,
  part: Partial<StateOf<F>>,
): string {
  const state = { ...readState(fields, new URLSearchParams()), ...part };
  return formatAddress(view, writeState(fields, state));
}
