// A synchronous loop outside any scope that makes 400 MiB of tensors before the collector's callbacks get a turn.
import { zeros } from "@convgrad/core";

for (let i = 0; i < 3000; i++) zeros([35_000]);
