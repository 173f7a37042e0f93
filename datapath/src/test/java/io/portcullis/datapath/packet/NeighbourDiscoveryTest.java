package io.portcullis.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** RFC 4861, 6.1, 7.1, 8.1, rule by rule. */
class NeighbourDiscoveryTest {
    private static final InetAddress NOBODY = InetAddress.ofLiteral("::");
    private static final InetAddress ALL_NODES = InetAddress.ofLiteral("ff02::1");
    private static final InetAddress SOLICITED = InetAddress.ofLiteral("ff02::1:ff00:2");
    private static final InetAddress ROUTER = InetAddress.ofLiteral("fe80::1");
    private static final InetAddress VM6 = Frames.VM6;
    private static final byte[] LINK_LAYER = {1, 1, 2, 0, 0, 0, 0, 1};

    @Test
    void shouldTakeAdvertisementsOfRoutersFromLinkLocalAddressesOnly() {
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, new byte[8]))).isTrue();
        assertThat(isValid(message(VM6, ALL_NODES, 134, new byte[8]))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, new byte[7]))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, new byte[8]).hopLimit(254)))
                .isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, new byte[8]).fragment(1, 0, true)))
                .isFalse();
    }

    @Test
    void shouldKnowTheLengthOfOptions() {
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 5, 1, 8))))
                .as("MTU")
                .isTrue();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 5, 2, 16)))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 3, 4, 32))))
                .as("prefix")
                .isTrue();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 3, 3, 24)))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 25, 3, 24))))
                .as("DNS")
                .isTrue();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 25, 2, 16)))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 200, 2, 16))))
                .as("unknown")
                .isTrue();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 200, 0, 8))))
                .as("empty")
                .isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, with(8, 200, 2, 8))))
                .as("beyond")
                .isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 134, new byte[12])))
                .as("half an option")
                .isFalse();
    }

    @Test
    void shouldTakeSolicitationsFromNobodyToTheSolicitedNodeOnly() {
        assertThat(isValid(neighbour(NOBODY, SOLICITED, 135, Frames.PEER6, 0))).isTrue();
        assertThat(isValid(neighbour(NOBODY, ALL_NODES, 135, Frames.PEER6, 0))).isFalse();
        assertThat(isValid(neighbour(NOBODY, SOLICITED, 135, Frames.PEER6, 0, LINK_LAYER)))
                .as("nobody has a link-layer address")
                .isFalse();
        assertThat(isValid(neighbour(VM6, SOLICITED, 135, Frames.PEER6, 0, LINK_LAYER)))
                .isTrue();
        assertThat(isValid(neighbour(VM6, SOLICITED, 135, ALL_NODES, 0)))
                .as("multicast target")
                .isFalse();
        assertThat(isValid(message(NOBODY, ALL_NODES, 133, LINK_LAYER))).isFalse();
        assertThat(isValid(message(NOBODY, ALL_NODES, 133, new byte[0]))).isTrue();
    }

    @Test
    void shouldTakeNoSolicitedAdvertisementForAGroup() {
        assertThat(isValid(neighbour(VM6, ALL_NODES, 136, VM6, 0x2000_0000))).isTrue();
        assertThat(isValid(neighbour(VM6, ALL_NODES, 136, VM6, 0x6000_0000))).isFalse();
        assertThat(isValid(neighbour(VM6, Frames.PEER6, 136, VM6, 0x6000_0000))).isTrue();
        assertThat(isValid(neighbour(NOBODY, Frames.PEER6, 136, VM6, 0))).isFalse();
        byte[] code = neighbour(VM6, Frames.PEER6, 136, VM6, 0).build();
        code[14 + 40 + 1] = 1;
        assertThat(NeighbourDiscovery.isValid(Frames.parsed(code))).isFalse();
    }

    @Test
    void shouldTakeRedirectsFromRoutersOnly() {
        assertThat(isValid(message(ROUTER, VM6, 137, new byte[32]))).isTrue();
        assertThat(isValid(message(VM6, VM6, 137, new byte[32]))).isFalse();
        assertThat(isValid(message(ROUTER, ALL_NODES, 137, new byte[32]))).isFalse();
        assertThat(isValid(message(ROUTER, VM6, 137, new byte[31]))).isFalse();
    }

    private static boolean isValid(FrameBuilder frame) {
        PacketView packet = Frames.parsed(frame.build());
        assertThat(packet.isNeighbourDiscovery()).isTrue();
        return NeighbourDiscovery.isValid(packet);
    }

    private static FrameBuilder message(InetAddress from, InetAddress to, int type, byte[] body) {
        return FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(from, to)
                .hopLimit(255)
                .icmp(type, 0, 0)
                .payload(body);
    }

    private static FrameBuilder neighbour(
            InetAddress from, InetAddress to, int type, InetAddress target, int flags, byte... options) {
        byte[] body = ByteBuffer.allocate(16 + options.length)
                .put(target.getAddress())
                .put(options)
                .array();
        return FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .ip(from, to)
                .hopLimit(255)
                .icmp(type, 0, flags)
                .payload(body);
    }

    /** {@code before} bytes, then an option of {@code bytes} that says it has {@code units} of 8. */
    private static byte[] with(int before, int type, int units, int bytes) {
        ByteBuffer body = ByteBuffer.allocate(before + bytes);
        return body.put(before, (byte) type).put(before + 1, (byte) units).array();
    }
}
