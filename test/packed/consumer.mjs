// An ES module in a project that installed the tarballs.

import * as core from "@convgrad/core";
import * as data from "@convgrad/data";
import * as layers from "@convgrad/layers";
import * as optim from "@convgrad/optim";
import * as train from "@convgrad/train";
import * as convgrad from "convgrad";

for (const [name, module] of Object.entries({ convgrad, core, layers, optim, data, train })) {
  console.log(`${name}:`, Object.keys(module).join(" "));
}
