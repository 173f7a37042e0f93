/** The connection table, the trackers of TCP, UDP and ICMP, and the codec that moves a table between hosts. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.track;
