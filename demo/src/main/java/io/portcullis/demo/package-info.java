/** A cluster of three hosts on this machine, an example tenant, and the scripted scenario. Speaks to the cluster over HTTP only. */
@org.jspecify.annotations.NullMarked
package io.portcullis.demo;
