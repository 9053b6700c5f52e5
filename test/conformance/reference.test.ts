import { reference } from "@convgrad/core";
import { conformance } from "./suite.ts";

conformance("reference", () => reference);
