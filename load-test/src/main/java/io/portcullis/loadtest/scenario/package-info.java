/** What a load test is to do: scenarios as people write them, checked, as values. Knows nothing of how they are run. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.scenario;
