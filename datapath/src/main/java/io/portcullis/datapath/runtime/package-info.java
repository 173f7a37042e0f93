/** The process-wide data path that outlives the actor system: loops, the host switch, cut-over between hosts. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.runtime;
