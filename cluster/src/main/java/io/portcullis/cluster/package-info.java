/** The composition root: start-up of a node, its configuration, membership, and the placement of shards on hosts. */
@org.jspecify.annotations.NullMarked
package io.portcullis.cluster;
