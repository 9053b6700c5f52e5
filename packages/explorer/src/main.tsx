import { render } from "preact";
import { keepOffline } from "./offline/keepOffline.ts";
import { App } from "./shell/App.tsx";
import "./shell/shell.css";

render(<App />, document.getElementById("app")!);
keepOffline();
