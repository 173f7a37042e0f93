/** Runs a scenario on hosts that are processes of their own, on a memory fabric in this one. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.run;
