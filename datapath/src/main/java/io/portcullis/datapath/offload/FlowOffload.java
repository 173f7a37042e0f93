package io.portcullis.datapath.offload;

/**
 * What a port can do that lets packets of established connections pass without the engine, for example by a flow map in the kernel.
 * One vNIC; called by the loop that owns it, while the port may pass packets at any time.
 *
 * <p>A port passes a frame of an installed flow if it is all of this, and hands every other one to the engine, untouched:
 * <ul>
 *   <li>untagged, unicast, from the VM's MAC address if it goes out, else for it and not from it or a group; whole, without IP options or
 *       extension headers, with a right IPv4 header checksum and lengths that fit the frame;
 *   <li>it comes less than {@link OffloadedFlow#idleLimitNanos} after the one before;
 *   <li>UDP; or TCP with ACK and none of SYN, FIN, RST, without options or with a time stamp alone, and in its windows as {@link
 *       PeerWindow#takes} says.
 * </ul>
 *
 * <p>Packets that were on their way to the engine when a flow was installed are judged by it, and those which the port passes meanwhile
 * count as having come before. A port hands back rather one packet too many than one too few: the engine takes the flow back, judges
 * the packet, and installs the flow again when it is worth it.
 */
public interface FlowOffload {
    /** What {@link #install} answers when the port is full. */
    int NONE = -1;

    /** How many flows the port can hold at once; never changes. */
    int capacity();

    /**
     * Takes over a flow that is not installed.
     *
     * @param flow what there is to know of it; the port copies what it needs
     * @return its handle, from 0 up to {@link #capacity()}, until it is revoked; or {@link #NONE}
     */
    int install(OffloadedFlow flow);

    /** Copies how an installed flow stands. */
    void readBack(int handle, FlowState into);

    /** Gives an installed flow back: when this returns the port passes none of its packets any more, and the state is final. */
    void revoke(int handle, FlowState into);
}
