package io.portcullis.persistence;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The bytes of a checkpoint: magic and version, then {@link CheckpointSegments}. An attachment is vNIC, epoch, MAC, addresses, VLAN, port, limit and
 * protection; big endian, texts are UTF-8 after their length.
 *
 * <p>Version 3 is of one piece: length and CRC32C of the rest; then the attachment, revision, time, rule table (in the form of {@link
 * RuleTableCodec}) and the chunks of the connection table. Version 2 has no protection: its vNICs are end systems with declared addresses.
 */
final class CheckpointCodec {
    /** "PCKP". */
    private static final int MAGIC = 0x50434b50;

    private static final int VERSION = 4;
    private static final int VERSION_OF_ONE_PIECE = 3;
    private static final int VERSION_WITHOUT_PROTECTION = 2;
    private static final int BEGINNING_BYTES = 8;
    private static final int MAX_ADDRESSES = 1_024;

    // What a vNIC is allowed, as bits of one byte; a bit that is not known is refused.
    private static final int DHCP_SERVER = 1;
    private static final int ROUTER = 2;
    private static final int BRIDGE = 4;
    private static final int FOREIGN_ADDRESSES = 8;
    // what it discovers its addresses from
    private static final int DISCOVERS_ARP = 16;
    private static final int DISCOVERS_ND = 32;
    private static final int DISCOVERS_DHCP = 64;
    private static final int ALL_ALLOWED =
            DHCP_SERVER | ROUTER | BRIDGE | FOREIGN_ADDRESSES | DISCOVERS_ARP | DISCOVERS_ND | DISCOVERS_DHCP;

    private CheckpointCodec() {}

    /** What a checkpoint of the version of this build begins with; {@link CheckpointSegments} follow. */
    static byte[] beginning() {
        return ByteBuffer.allocate(BEGINNING_BYTES)
                .putInt(MAGIC)
                .putInt(VERSION)
                .array();
    }

    static void put(DataOutputStream out, VnicAttachment attachment) throws IOException {
        put(out, attachment.vnic().toString().getBytes(StandardCharsets.UTF_8));
        out.writeLong(attachment.epoch());
        out.writeLong(attachment.mac().value());
        out.writeInt(attachment.addresses().size());
        for (InetAddress address : attachment.addresses()) {
            put(out, address.getAddress());
        }
        out.writeInt(attachment.vlan());
        put(out, attachment.port().getBytes(StandardCharsets.UTF_8));
        out.writeInt(attachment.maxConnections());
        VnicProtection protection = attachment.protection();
        out.writeByte((protection.allowsDhcpServer() ? DHCP_SERVER : 0)
                | (protection.allowsRouter() ? ROUTER : 0)
                | (protection.allowsBridge() ? BRIDGE : 0)
                | (protection.allowsForeignAddresses() ? FOREIGN_ADDRESSES : 0)
                | protection.discovery().stream().mapToInt(CheckpointCodec::bit).sum());
        out.writeByte(protection.learnedAddresses());
    }

    private static int bit(AddressSource source) {
        return switch (source) {
            case ARP -> DISCOVERS_ARP;
            case ND -> DISCOVERS_ND;
            case DHCP -> DISCOVERS_DHCP;
        };
    }

    private static VnicProtection protection(ByteBuffer in) {
        int allowed = in.get();
        if ((allowed & ~ALL_ALLOWED) != 0) {
            throw new IllegalArgumentException("it allows its vNIC what this build does not know: " + allowed);
        }
        return new VnicProtection(
                (allowed & DHCP_SERVER) != 0,
                (allowed & ROUTER) != 0,
                (allowed & BRIDGE) != 0,
                (allowed & FOREIGN_ADDRESSES) != 0,
                in.get(),
                Arrays.stream(AddressSource.values())
                        .filter(source -> (allowed & bit(source)) != 0)
                        .collect(Collectors.toSet()));
    }

    private static void put(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /**
     * Reads a checkpoint of any version; behind it the buffer has what was not written whole.
     *
     * @throws IllegalArgumentException if there is no whole one, or it is of another build
     */
    static Checkpoint decode(ByteBuffer in) {
        if (in.remaining() < BEGINNING_BYTES || in.getInt() != MAGIC) {
            throw new IllegalArgumentException("it is no checkpoint");
        }
        int version = in.getInt();
        return switch (version) {
            case VERSION -> CheckpointSegments.read(in);
            case VERSION_OF_ONE_PIECE, VERSION_WITHOUT_PROTECTION -> decodeOnePiece(in, version);
            default ->
                throw new IllegalArgumentException("it has version " + version + ", this build reads "
                        + VERSION_WITHOUT_PROTECTION + " to " + VERSION);
        };
    }

    private static Checkpoint decodeOnePiece(ByteBuffer in, int version) {
        if (in.remaining() < 8) {
            throw new IllegalArgumentException("it ends too early");
        }
        int length = in.getInt();
        int crc = in.getInt();
        if (length != in.remaining()) {
            throw new IllegalArgumentException("it has " + in.remaining() + " bytes instead of " + length);
        }
        if (CheckpointSegments.checksum(in, in.position(), length) != crc) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        try {
            return body(in, version);
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("it ends too early", truncated);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("it has an address of neither 4 nor 16 bytes", impossible);
        }
    }

    /** As {@link #put(DataOutputStream, VnicAttachment)} writes it. */
    static VnicAttachment attachment(ByteBuffer in) throws UnknownHostException {
        return attachment(in, VERSION);
    }

    private static VnicAttachment attachment(ByteBuffer in, int version) throws UnknownHostException {
        VnicId vnic = VnicId.parse(text(in));
        long epoch = in.getLong();
        MacAddress mac = new MacAddress(in.getLong());
        int count = in.getInt();
        if (count < 0 || count > MAX_ADDRESSES) {
            throw new IllegalArgumentException("it names " + count + " addresses");
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            addresses.add(InetAddress.getByAddress(get(in, in.getInt())));
        }
        int vlan = in.getInt();
        String port = text(in);
        int maxConnections = in.getInt();
        VnicProtection protection = version == VERSION_WITHOUT_PROTECTION ? VnicProtection.STRICT : protection(in);
        return new VnicAttachment(vnic, epoch, mac, addresses, vlan, port, maxConnections, protection);
    }

    private static Checkpoint body(ByteBuffer in, int version) throws UnknownHostException {
        VnicAttachment attachment = attachment(in, version);
        long revision = in.getLong();
        Instant written = Instant.ofEpochMilli(in.getLong());
        RuleTable rules = RuleTableCodec.decode(get(in, in.getInt()));
        int entries = in.getInt();
        long digest = in.getLong();
        List<byte[]> chunks = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            chunks.add(get(in, in.getInt()));
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException("it has " + in.remaining() + " bytes too many");
        }
        return new Checkpoint(
                new CheckpointHead(attachment, revision, rules),
                written,
                SavedTable.of(new TableSnapshot(chunks, entries, digest), written));
    }

    private static String text(ByteBuffer in) {
        return new String(get(in, in.getInt()), StandardCharsets.UTF_8);
    }

    static byte[] get(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("it names a part of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
