import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { connect } from "./connect.ts";
import { download } from "./download.ts";
import type { Engine, Report, Request } from "./protocol.ts";
import { asked, heard, SILENCE, type TrainerState } from "./trainerState.ts";

/** Reports that wait for the next frame; a page in the background has none, so that more are taken at once. */
const MOST_WAITING = 100;

/** Starts the worker for as long as the component is there: what is known of it, how to ask, and to start it anew. */
export function useTrainer(): readonly [
  state: TrainerState,
  ask: (request: Request) => void,
  restart: () => void,
] {
  const [state, setState] = useState(SILENCE);
  const [attempt, setAttempt] = useState(0);
  const engine = useRef<Engine | null>(null);
  useEffect(() => {
    const waiting: Report[] = [];
    let frame = 0;
    const take = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      const reports = waiting.splice(0);
      setState((before) => reports.reduce(heard, before));
    };
    const connection = connect();
    engine.current = connection;
    const end = connection.subscribe((report) => {
      if (report.kind === "saved") download(report.name, report.bytes);
      waiting.push(report);
      if (waiting.length > MOST_WAITING) take();
      else frame ||= requestAnimationFrame(take);
    });
    return () => {
      cancelAnimationFrame(frame);
      end();
      connection.close();
      engine.current = null;
    };
  }, [attempt]);
  const ask = useMemo(
    () => (request: Request) => {
      setState((before) => asked(before, request));
      engine.current?.post(request);
    },
    [],
  );
  const restart = () => {
    setState(SILENCE);
    setAttempt(attempt + 1);
  };
  return [state, ask, restart];
}
