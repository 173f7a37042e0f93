package io.portcullis.persistence;

/** Marks a message, event or snapshot that crosses a node boundary or is stored; bound to Jackson CBOR. */
public interface CborSerializable {}
