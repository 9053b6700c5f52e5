import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Pixels } from "./protocol.ts";

export interface PictureProps {
  readonly pixels: Pixels;
  /** What screen readers say of it. */
  readonly name: string;
}

/** A picture, as large as its place, with hard pixels. */
export function Picture({ pixels, name }: PictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, data } = pixels;
  useLayoutEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  }, [data, width, height]);
  return (
    <canvas
      class="picture"
      role="img"
      aria-label={name}
      ref={canvas}
      width={width}
      height={height}
    />
  );
}
