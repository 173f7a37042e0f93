/**
 * The connection table, the trackers of TCP, UDP and ICMP, and the codec that moves a table between hosts.
 *
 * <p>{@link ConnectionTracker} is the way in: it finds the connection of a packet in a {@link ConnectionTable} and judges
 * whether the packet is a valid next one. {@link EstablishedPath} does the same for most packets of a burst, many at a time and
 * only where it is sure; tests hold the two together. {@link OffloadedConnections} are those whose packets a port passes by itself.
 * {@link TableCodec} writes a table as chunks and reads it back whole or not at all, {@link TableExport} in rounds while it goes on; a moved connection is judged by the destination exactly as it would have been by the source. Nothing here knows
 * rules, actors or ports.
 *
 * <p>TCP differs from the Linux tracker on purpose in one point: a reset inside the window that is not exact (RFC 5961)
 * passes, but moves no window edge; only its time-out is believed, until the receiver's challenge ACK.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.track;
