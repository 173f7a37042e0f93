package io.portcullis.cli;

/** How results are printed. */
enum OutputFormat {
    /** Columns for people. */
    TABLE,
    /** More columns. */
    WIDE,
    /** One JSON value. */
    JSON,
    /** One or several YAML documents. */
    YAML
}
