// The YAML parser in a module of our own, so that it can be loaded when it is needed: a bundler finds the names of a
// CommonJS package only where they are imported by a statement.
export { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit } from "yaml";
