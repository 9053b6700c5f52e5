export * from "@convgrad/core";
export * from "@convgrad/data";
export * from "@convgrad/layers";
export * from "@convgrad/optim";
export * from "@convgrad/train";
