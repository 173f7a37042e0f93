package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ConnectionTracker} needs while it looks at one packet, and nothing of which it needs afterwards: so one for all trackers of a thread
 * is enough, and a tracker without connections takes little memory. One thread.
 */
public final class TrackingScratch {
    /** Of the last packet that was looked up. */
    final FlowKey key = new FlowKey();

    final FlowKey childKey = new FlowKey();
    final TcpTracker tcp;
    final SctpTracker sctp;
    private @Nullable PacketView quoted;
    private @Nullable ConnectionTracker user;

    public TrackingScratch() {
        ConnectionTable nobodys = new ConnectionTable(1, 0, 0);
        tcp = new TcpTracker(nobodys, TrackingProfile.STRICT);
        sctp = new SctpTracker(nobodys, TrackingProfile.STRICT);
    }

    /** Whether what is here is of this tracker, as it is now. */
    boolean isOf(ConnectionTracker tracker) {
        return user == tracker;
    }

    /** From now on it is this tracker's, until another one or nobody takes it. */
    void isFor(@Nullable ConnectionTracker tracker) {
        user = tracker;
    }

    /** What an ICMP error quotes; made with the first one. */
    PacketView quoted() {
        PacketView view = quoted;
        if (view == null) {
            view = new PacketView();
            quoted = view;
        }
        return view;
    }
}
