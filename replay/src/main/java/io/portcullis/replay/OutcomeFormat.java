package io.portcullis.replay;

import io.portcullis.datapath.packet.PacketView;
import java.io.PrintWriter;

/** How outcomes are printed, one line a packet. */
interface OutcomeFormat {
    /** Before the first packet. */
    void begin(PrintWriter out);

    void packet(PrintWriter out, PacketOutcome outcome, PacketView packet);

    /** After the last packet. */
    void end(PrintWriter out);
}
