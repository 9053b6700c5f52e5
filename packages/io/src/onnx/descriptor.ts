/** How a field is written: as one of Protocol Buffers' scalars, or as a message of this name. */
export type FieldKind =
  | "bytes"
  | "float"
  | "int32"
  | "int64"
  | "string"
  | "AttributeProto"
  | "Dimension"
  | "GraphProto"
  | "NodeProto"
  | "OperatorSetIdProto"
  | "StringStringEntryProto"
  | "TensorProto"
  | "TensorShapeProto"
  | "TensorTypeProto"
  | "TypeProto"
  | "ValueInfoProto";

/** The number of a field in its message, and how it is written; a list is written item by item. */
export type FieldRule = readonly [number: number, kind: FieldKind];

/**
 * The messages of ONNX that a model of convgrad needs, with the fields that it uses.
 *
 * Source: ONNX, `onnx/onnx.proto3`, where the same numbers stand.
 */
export const MESSAGES: Readonly<Record<string, Readonly<Record<string, FieldRule>>>> = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    doc_string: [6, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto"],
    metadata_props: [14, "StringStringEntryProto"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  GraphProto: {
    node: [1, "NodeProto"],
    name: [2, "string"],
    initializer: [5, "TensorProto"],
    input: [11, "ValueInfoProto"],
    output: [12, "ValueInfoProto"],
  },
  NodeProto: {
    input: [1, "string"],
    output: [2, "string"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "string"],
    ints: [8, "int64"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64"],
    data_type: [2, "int32"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
  },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensor_type: [1, "TensorTypeProto"] },
  TensorTypeProto: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "Dimension"] },
  Dimension: { dim_value: [1, "int64"], dim_param: [2, "string"] },
};

/** `TensorProto.DataType` */
export const FLOAT = 1;
/** `TensorProto.DataType` */
export const INT64 = 7;

/** `AttributeProto.AttributeType` */
export const ATTRIBUTE_TYPES = { f: 1, i: 2, s: 3, ints: 7 } as const;
