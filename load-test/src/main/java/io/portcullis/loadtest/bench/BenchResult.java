package io.portcullis.loadtest.bench;

/** What a benchmark measured. */
interface BenchResult {
    /** One object on one line. */
    String json();

    /** For people. */
    String table();
}
