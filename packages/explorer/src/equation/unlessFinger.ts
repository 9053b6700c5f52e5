/** For `pointerleave`: a finger that lifts has left nothing, so what it tapped stays. */
export function unlessFinger(leave: () => void): (event: PointerEvent) => void {
  return ({ pointerType }) => {
    if (pointerType !== "touch") leave();
  };
}
