/** The operator's command. Speaks to the cluster over HTTP only; starts light. */
@org.jspecify.annotations.NullMarked
package io.portcullis.cli;
