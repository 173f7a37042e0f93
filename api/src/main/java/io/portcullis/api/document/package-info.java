/** Strict and bounded reading of documents that people write, in JSON or YAML: every mistake is found, with its place. */
@org.jspecify.annotations.NullMarked
package io.portcullis.api.document;
