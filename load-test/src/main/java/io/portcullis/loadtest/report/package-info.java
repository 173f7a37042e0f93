/** What a scenario's run measured, as values, and the files that show it: JSON, HTML, JUnit XML. Knows nothing of how it was measured. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.report;
