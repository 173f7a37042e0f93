/** {@code portcullis load-test}: connections and migrations against a running cluster, with real numbers only. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest;
