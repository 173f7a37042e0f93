/** Multi-node tests: one JVM per role of a Pekko MultiNodeSpec, started from JUnit. */
@org.jspecify.annotations.NullMarked
package io.portcullis.cluster.multinode;
