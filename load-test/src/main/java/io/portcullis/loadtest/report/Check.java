package io.portcullis.loadtest.report;

/**
 * Something that a run had to keep, or wished to.
 *
 * @param wanted as text, for example {@code at most 0}
 * @param got likewise
 * @param required whether the run fails without it; else it is a goal
 */
public record Check(String name, String wanted, String got, boolean kept, boolean required) {}
