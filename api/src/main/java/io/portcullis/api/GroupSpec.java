package io.portcullis.api;

/** A named set of workloads. */
public record GroupSpec(GroupExpression members) {}
