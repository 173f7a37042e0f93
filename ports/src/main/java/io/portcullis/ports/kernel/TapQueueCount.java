package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Asks rtnetlink(7) for IFLA_LINKINFO / IFLA_INFO_DATA / IFLA_TUN_NUM_QUEUES (what {@code ip -d link} shows as numqueues). */
final class TapQueueCount {
    private static final short RTM_GETLINK = 18;
    private static final short RTM_NEWLINK = 16;
    private static final short NLM_F_REQUEST = 1;
    private static final int HEADER_BYTES = 16;
    private static final int LINK_BYTES = 16;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_TUN_NUM_QUEUES = 8;
    private static final int ATTRIBUTE_TYPE = 0x3fff;
    private static final int REPLY_BYTES = 1 << 16;

    private TapQueueCount() {}

    /** The number of attached queues (0 for what is no TAP), or a negated errno. */
    static int ask(Arena arena, int netlink, int deviceIndex) {
        MemorySegment request = arena.allocate(HEADER_BYTES + LINK_BYTES, 4);
        request.set(JAVA_INT, 0, HEADER_BYTES + LINK_BYTES);
        request.set(JAVA_SHORT, 4, RTM_GETLINK);
        request.set(JAVA_SHORT, 6, NLM_F_REQUEST);
        request.set(JAVA_INT, HEADER_BYTES + 4, deviceIndex);
        long sent = Libc.write(netlink, request.address(), request.byteSize());
        if (sent < 0) {
            return (int) sent;
        }
        MemorySegment reply = arena.allocate(REPLY_BYTES, 4);
        long bytes = Libc.read(netlink, reply.address(), REPLY_BYTES);
        if (bytes < 0) {
            return (int) bytes;
        }
        if (bytes < HEADER_BYTES + LINK_BYTES || reply.get(JAVA_SHORT, 4) != RTM_NEWLINK) {
            // NLMSG_ERROR: its first number is a negated errno.
            return bytes >= HEADER_BYTES + 4 ? reply.get(JAVA_INT, HEADER_BYTES) : -Errno.EIO;
        }
        MemorySegment attributes = reply.asSlice(HEADER_BYTES + LINK_BYTES, bytes - HEADER_BYTES - LINK_BYTES);
        MemorySegment queues = find(find(find(attributes, IFLA_LINKINFO), IFLA_INFO_DATA), IFLA_TUN_NUM_QUEUES);
        return queues.byteSize() < 4 ? 0 : queues.get(JAVA_INT, 0);
    }

    /** Content of the attribute, empty if it is missing. */
    private static MemorySegment find(MemorySegment attributes, int type) {
        long at = 0;
        while (at + 4 <= attributes.byteSize()) {
            int bytes = Short.toUnsignedInt(attributes.get(JAVA_SHORT, at));
            if (bytes < 4 || at + bytes > attributes.byteSize()) {
                break;
            }
            if ((attributes.get(JAVA_SHORT, at + 2) & ATTRIBUTE_TYPE) == type) {
                return attributes.asSlice(at + 4, bytes - 4L);
            }
            at += bytes + 3 & -4;
        }
        return attributes.asSlice(0, 0);
    }
}
