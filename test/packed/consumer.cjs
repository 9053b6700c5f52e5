// A CommonJS script in a project that installed the tarballs.
const convgrad = require("convgrad");
const core = require("@convgrad/core");
const layers = require("@convgrad/layers");
const optim = require("@convgrad/optim");
const data = require("@convgrad/data");
const train = require("@convgrad/train");

for (const [name, module] of Object.entries({ convgrad, core, layers, optim, data, train })) {
  console.log(`${name}:`, Object.keys(module).join(" "));
}
