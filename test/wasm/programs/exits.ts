// Uses threads, and ends without telling anybody to stop.
import { backendInfo, full, init } from "convgrad";

await init({ threads: 2 });
console.log(`${backendInfo().threads} threads, ${full([2500], 1).sum().item()}`);
