export { runAlone, runShared, spinUntilDone, work } from "./pool";
