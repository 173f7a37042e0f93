/** Capture files: pcap and pcapng are read, pcap with nanoseconds is written, and a port replays a file. */
@NullMarked
package io.portcullis.ports.pcap;

import org.jspecify.annotations.NullMarked;
