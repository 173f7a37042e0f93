/** Frames on the wire: parsing without allocation, checksums, and the frames that a firewall itself sends. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.packet;
