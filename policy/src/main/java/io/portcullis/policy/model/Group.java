package io.portcullis.policy.model;

/** A named set of workloads and addresses; see {@link Expression} for what it stands for. */
public record Group(String name, Expression expression) {}
