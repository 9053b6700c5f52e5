import { reference } from "@convgrad/core";
import { conformance } from "./suite.ts";

// JavaScript has no erf, so the oracle's is a series of its own.
conformance("reference", () => reference, { tolerances: { erf: { rtol: 1e-12, atol: 0 } } });
