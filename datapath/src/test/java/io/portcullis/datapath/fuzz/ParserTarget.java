package io.portcullis.datapath.fuzz;

import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.NeighbourDiscovery;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import java.lang.foreign.MemorySegment;

/** One frame to the parser and to what reads packets right behind it. Reading outside of the frame throws. */
public final class ParserTarget {
    private static final PacketView VIEW = new PacketView();
    private static final PacketView QUOTED = new PacketView();

    private ParserTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] frame) {
        byte[] repaired = Frames.repaired(frame.clone());
        MemorySegment memory = MemorySegment.ofArray(repaired);
        if (PacketParser.parse(memory, 0, repaired.length, VIEW) != ParseResult.OK || VIEW.family == null) {
            return;
        }
        boolean isInside = VIEW.transportOffset >= 0
                && VIEW.transportLength >= 0
                && VIEW.transportOffset + VIEW.transportLength <= repaired.length;
        if (!isInside) {
            throw new AssertionError("transport at " + VIEW.transportOffset + ", " + VIEW.transportLength + " bytes");
        }
        boolean _ = Checksums.isTransportValid(VIEW);
        boolean _ = VIEW.isNeighbourDiscovery() && NeighbourDiscovery.isValid(VIEW);
        if (VIEW.isIcmpError()) {
            PacketParser.parseQuoted(VIEW, QUOTED);
        }
    }
}
