package io.portcullis.ports.pcap;

import java.io.IOException;

/** The file is no capture of Ethernet frames, is damaged, or ends in the middle of a frame; the message says which and where. */
public final class PcapFormatException extends IOException {
    public PcapFormatException(String message) {
        super(message);
    }
}
