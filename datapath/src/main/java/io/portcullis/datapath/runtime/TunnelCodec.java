package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.policy.VnicId;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of a {@link TunnelMessage}, big-endian: type (1), then its fields. {@code Hello} starts with magic (4) and version
 * (2); another version is refused, so that two releases never guess. Every length is checked before memory is taken.
 */
final class TunnelCodec {
    static final int MAGIC = 0x50_43_54_4e;
    static final int VERSION = 2;
    /** Group frames that a source can report; the ledger has the same limit. */
    static final int MAX_GROUP_FRAMES = 4_096;

    private static final int MAX_FRAME_BYTES = Burst.VNET_HEADER_BYTES + Burst.MAX_FRAME_BYTES;

    private static final int HELLO = 1;
    private static final int WELCOME = 2;
    private static final int EGRESS_DRAINED = 3;
    private static final int UPLINK_LEARNED = 4;
    private static final int SEALED = 5;
    private static final int FRAME = 6;
    private static final int RELEASED = 7;
    private static final int RECLAIM = 8;
    private static final int RECLAIM_REFUSED = 9;
    private static final int EGRESS_RETURNED = 10;
    private static final int RECLAIM_LEARNED = 11;
    private static final int RETURNED = 12;
    private static final int LEAVING = 13;
    private static final int STATE = 14;

    private TunnelCodec() {}

    static void write(DataOutputStream out, TunnelMessage message) throws IOException {
        switch (message) {
            case TunnelMessage.Hello(VnicId vnic, String token) -> {
                out.writeByte(HELLO);
                out.writeInt(MAGIC);
                out.writeShort(VERSION);
                out.writeUTF(vnic.toString());
                out.writeUTF(token);
            }
            case TunnelMessage.Welcome() -> out.writeByte(WELCOME);
            case TunnelMessage.EgressDrained() -> out.writeByte(EGRESS_DRAINED);
            case TunnelMessage.UplinkLearned() -> out.writeByte(UPLINK_LEARNED);
            case TunnelMessage.Sealed(long forwarded, List<Long> groupFrames, var state) -> {
                out.writeByte(SEALED);
                out.writeLong(forwarded);
                out.writeInt(groupFrames.size());
                for (long hash : groupFrames) {
                    out.writeLong(hash);
                }
                out.writeBoolean(state != null);
                if (state != null) {
                    out.writeInt(state.entries());
                    out.writeLong(state.digest());
                    out.writeBoolean(state.isRest());
                    out.writeLong(state.policyRevision());
                    out.writeLong(state.freezeNanos());
                }
            }
            case TunnelMessage.State(byte[] chunk) -> {
                out.writeByte(STATE);
                out.writeInt(chunk.length);
                out.write(chunk);
            }
            case TunnelMessage.Frame(TunnelMessage.FrameKind kind, long epoch, MemorySegment bytes) -> {
                out.writeByte(FRAME);
                out.writeByte(kind.code);
                out.writeLong(epoch);
                out.writeInt((int) bytes.byteSize());
                out.write(bytes.toArray(ValueLayout.JAVA_BYTE));
            }
            case TunnelMessage.Released() -> out.writeByte(RELEASED);
            case TunnelMessage.Leaving() -> out.writeByte(LEAVING);
            case TunnelMessage.Reclaim() -> out.writeByte(RECLAIM);
            case TunnelMessage.ReclaimRefused() -> out.writeByte(RECLAIM_REFUSED);
            case TunnelMessage.EgressReturned() -> out.writeByte(EGRESS_RETURNED);
            case TunnelMessage.ReclaimLearned() -> out.writeByte(RECLAIM_LEARNED);
            case TunnelMessage.Returned() -> out.writeByte(RETURNED);
        }
    }

    /** @throws ProtocolException when the bytes are none of this version's messages */
    static TunnelMessage read(DataInputStream in) throws IOException {
        int type = in.readUnsignedByte();
        return switch (type) {
            case HELLO -> readHello(in);
            case WELCOME -> new TunnelMessage.Welcome();
            case EGRESS_DRAINED -> new TunnelMessage.EgressDrained();
            case UPLINK_LEARNED -> new TunnelMessage.UplinkLearned();
            case SEALED -> readSealed(in);
            case FRAME -> readFrame(in);
            case STATE -> readState(in);
            case RELEASED -> new TunnelMessage.Released();
            case LEAVING -> new TunnelMessage.Leaving();
            case RECLAIM -> new TunnelMessage.Reclaim();
            case RECLAIM_REFUSED -> new TunnelMessage.ReclaimRefused();
            case EGRESS_RETURNED -> new TunnelMessage.EgressReturned();
            case RECLAIM_LEARNED -> new TunnelMessage.ReclaimLearned();
            case RETURNED -> new TunnelMessage.Returned();
            default -> throw new ProtocolException("unknown tunnel message " + type);
        };
    }

    private static TunnelMessage readHello(DataInputStream in) throws IOException {
        if (in.readInt() != MAGIC) {
            throw new ProtocolException("not a tunnel");
        }
        int version = in.readUnsignedShort();
        if (version != VERSION) {
            throw new ProtocolException("tunnel version " + version + ", here " + VERSION);
        }
        String vnic = in.readUTF();
        String token = in.readUTF();
        try {
            return new TunnelMessage.Hello(VnicId.parse(vnic), token);
        } catch (IllegalArgumentException noId) {
            throw new ProtocolException("a greeting without a vNIC id");
        }
    }

    private static TunnelMessage readSealed(DataInputStream in) throws IOException {
        long forwarded = in.readLong();
        int count = in.readInt();
        if (count < 0 || count > MAX_GROUP_FRAMES) {
            throw new ProtocolException(count + " group frames");
        }
        List<Long> groupFrames = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            groupFrames.add(in.readLong());
        }
        return new TunnelMessage.Sealed(forwarded, groupFrames, in.readBoolean() ? readSealedState(in) : null);
    }

    private static TunnelMessage.SealedState readSealedState(DataInputStream in) throws IOException {
        return new TunnelMessage.SealedState(
                in.readInt(), in.readLong(), in.readBoolean(), in.readLong(), in.readLong());
    }

    private static TunnelMessage readState(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 1 || length > TableCodec.MAX_CHUNK_BYTES) {
            throw new ProtocolException("a chunk of " + length + " bytes");
        }
        byte[] chunk = new byte[length];
        in.readFully(chunk);
        return new TunnelMessage.State(chunk);
    }

    private static TunnelMessage readFrame(DataInputStream in) throws IOException {
        TunnelMessage.FrameKind kind = readKind(in);
        long epoch = in.readLong();
        int length = in.readInt();
        if (length < Burst.VNET_HEADER_BYTES + FrameTags.ETHERNET_BYTES || length > MAX_FRAME_BYTES) {
            throw new ProtocolException("a frame of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new TunnelMessage.Frame(kind, epoch, MemorySegment.ofArray(bytes));
    }

    private static TunnelMessage.FrameKind readKind(DataInputStream in) throws IOException {
        int code = in.readUnsignedByte();
        for (TunnelMessage.FrameKind kind : TunnelMessage.FrameKind.values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new ProtocolException("a frame of kind " + code);
    }
}
